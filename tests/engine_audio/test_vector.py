"""Copying frames into and out of pjsua2's vectors, the fast way and the slow way."""

import pytest

from bridge.engine.audio.vector import ByteVector, FrameCopy, NewVector, is_plain

pytestmark = pytest.mark.sip

SIZE = 640
FRAME = bytes(i % 251 for i in range(SIZE))


@pytest.fixture
def new_vector() -> NewVector:
    import pjsua2  # noqa: PLC0415  # may be missing: then this test is skipped

    made: NewVector = pjsua2.ByteVector
    return made


def test_the_pinned_build_can_be_read_the_fast_way(new_vector: NewVector) -> None:
    assert is_plain(new_vector)


@pytest.mark.parametrize("plain", [True, False])
def test_what_goes_in_comes_out(new_vector: NewVector, plain: bool) -> None:
    copy = FrameCopy(new_vector, SIZE, plain=plain)
    assert bytes(copy.to_vector(FRAME)) == FRAME
    assert copy.from_vector(new_vector(FRAME)) == FRAME


@pytest.mark.parametrize("plain", [True, False])
@pytest.mark.parametrize("size", [0, SIZE - 1, SIZE + 1])
def test_a_frame_of_another_size_is_refused(new_vector: NewVector, plain: bool, size: int) -> None:
    copy = FrameCopy(new_vector, SIZE, plain=plain)
    with pytest.raises(ValueError, match="640 bytes expected"):
        copy.to_vector(bytes(size))


def test_the_fast_way_uses_one_vector_for_ever(new_vector: NewVector) -> None:
    copy = FrameCopy(new_vector, SIZE, plain=True)
    assert copy.to_vector(FRAME) is copy.to_vector(bytes(SIZE))


class NoVector:
    """A build that is wrapped otherwise."""

    this = "no number"

    def __init__(self, data: bytes) -> None:
        self._data = data

    def copy_to_bytearray(self) -> bytearray:
        return bytearray(self._data)


def test_another_build_is_read_by_its_named_method() -> None:
    assert not is_plain(NoVector)  # type: ignore[arg-type]  # that is the point
    copy = FrameCopy(NoVector, SIZE, plain=False)  # type: ignore[arg-type]
    vector: ByteVector = NoVector(FRAME)  # type: ignore[assignment]
    assert copy.from_vector(vector) == FRAME
