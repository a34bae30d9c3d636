"""Bytes into and out of ``pjsua2.ByteVector`` without SWIG's loop over every element.

Reading one frame of 640 bytes as ``bytes(vector)`` takes about 600 µs, 50 times a second and per
port: a tenth of a core (measured with pjsua2-python 2.15.1.post1). A ``std::vector`` is three
pointers, begin, end and end of storage, and SWIG tells where they lie; copying from there takes
2 µs. Whether that is so is tried once at the start, on a vector of our own. If it is not, the named
methods of later releases are used, and if they are missing too, the slow way, which always works.
"""

import ctypes
from collections.abc import Callable, Iterator
from typing import Protocol

_POINTER_BYTES = ctypes.sizeof(ctypes.c_size_t)


class ByteVector(Protocol):
    """What we use of ``pjsua2.ByteVector``."""

    this: object

    def __iter__(self) -> Iterator[int]: ...


NewVector = Callable[[bytes], ByteVector]
"""The class ``pjsua2.ByteVector``."""


def _pointers(vector: ByteVector) -> tuple[int, int, int]:
    start = int(vector.this)  # type: ignore[call-overload]  # SWIG objects convert to their address
    begin, end, room = (
        ctypes.c_size_t.from_address(start + i * _POINTER_BYTES).value for i in range(3)
    )
    return begin, end, room


def is_plain(new_vector: NewVector) -> bool:
    """Tell whether vectors of this build are three pointers: tried on one of known content."""
    content = bytes(range(256)) * 2
    try:
        vector = new_vector(content)
        begin, end, room = _pointers(vector)
        if end - begin != len(content) or room < end:
            return False
        return ctypes.string_at(begin, len(content)) == content
    except (AttributeError, TypeError, ValueError):
        return False


class FrameCopy:
    """Copies frames of one size out of vectors and into one vector that is kept for ever.

    Args:
        new_vector: ``pjsua2.ByteVector``.
        size: bytes of a frame.
        plain: what ``is_plain`` said.
    """

    def __init__(self, new_vector: NewVector, size: int, *, plain: bool) -> None:
        self._new_vector = new_vector
        self._size = size
        self._vector = new_vector(bytes(size))
        self._address = _pointers(self._vector)[0] if plain else 0
        self.is_fast = plain

    def to_vector(self, data: bytes) -> ByteVector:
        """Return a vector that holds ``data``, to be assigned to ``frame.buf`` at once.

        Raises:
            ValueError: ``data`` is not exactly of the size (it would overrun the vector).
        """
        if len(data) != self._size:
            raise ValueError(f"a frame of {self._size} bytes expected, found {len(data)}")
        if not self.is_fast:
            return self._new_vector(data)
        ctypes.memmove(self._address, data, self._size)
        return self._vector

    def from_vector(self, vector: ByteVector) -> bytes:
        """Return what a vector holds, of any length."""
        if not self.is_fast:
            return bytes(_slowly(vector))
        begin, end, _ = _pointers(vector)
        return ctypes.string_at(begin, end - begin)


def _slowly(vector: ByteVector) -> bytes | bytearray:
    copy = getattr(vector, "copy_to_bytearray", None)
    if copy is None:
        return bytes(vector)
    data = copy()
    assert isinstance(data, bytes | bytearray)  # noqa: S101  # later releases document it so
    return data
