"""What the hidraw binding does wrong, translated: -1, errors without numbers, closed devices."""

from pathlib import Path

import pytest

from bridge.drivers.hidraw.handle import HidrawHandle
from bridge.model.errors import DeviceGone, TransportError


class Binding:
    """``hidraw.device`` as it was seen to behave (hidapi 0.15.0)."""

    def __init__(self, *, written: int = 3, fails: Exception | None = None) -> None:
        self.written = written
        self.fails = fails
        self.closed = 0
        self.waits: list[int] = []

    def open_path(self, path: bytes) -> None:
        raise NotImplementedError

    def read(self, max_length: int, timeout_ms: int) -> list[int]:
        self.waits.append(timeout_ms)
        if self.fails is not None:
            raise self.fails
        return [2, 1, 0]

    def write(self, report: bytes) -> int:
        if self.fails is not None:
            raise self.fails
        return self.written

    def send_feature_report(self, report: bytes) -> int:
        return self.write(report)

    def get_feature_report(self, report_id: int, max_length: int) -> list[int]:
        if self.fails is not None:
            raise self.fails
        return [report_id, 7][:max_length]

    def error(self) -> str:
        return "Broken pipe"

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "hidraw0"
    path.touch()
    return path


def test_a_report_becomes_bytes(node: Path) -> None:
    assert HidrawHandle(str(node), Binding()).read(1.0) == b"\x02\x01\x00"


@pytest.mark.parametrize(("timeout_s", "timeout_ms"), [(0.0, 1), (0.0001, 1), (1.0, 1000)])
def test_no_wait_is_never_for_ever(node: Path, timeout_s: float, timeout_ms: int) -> None:
    binding = Binding()
    HidrawHandle(str(node), binding).read(timeout_s)
    assert binding.waits == [timeout_ms]


@pytest.mark.parametrize("fails", [OSError("read error"), ValueError("not open")])
def test_a_read_that_fails_is_a_device_that_left(node: Path, fails: Exception) -> None:
    with pytest.raises(DeviceGone, match="plug the device in again"):
        HidrawHandle(str(node), Binding(fails=fails)).read(1.0)


@pytest.mark.parametrize("written", [-1, 2])
@pytest.mark.parametrize("kind", ["output", "feature"])
def test_a_write_that_returns_less_was_refused(node: Path, written: int, kind: str) -> None:
    handle = HidrawHandle(str(node), Binding(written=written))
    write = handle.write if kind == "output" else handle.write_feature
    with pytest.raises(TransportError, match=f"refused {kind} report 2: Broken pipe") as caught:
        write(b"\x02\x01\x00")
    assert not isinstance(caught.value, DeviceGone)


def test_a_write_that_fails_without_a_node_is_a_device_that_left(tmp_path: Path) -> None:
    handle = HidrawHandle(str(tmp_path / "hidraw0"), Binding(written=-1))
    with pytest.raises(DeviceGone):
        handle.write(b"\x02\x01\x00")


def test_the_binding_is_closed_once(node: Path) -> None:
    binding = Binding()
    handle = HidrawHandle(str(node), binding)
    handle.close()
    handle.close()
    assert binding.closed == 1


def test_a_feature_is_told_with_its_number(node: Path) -> None:
    assert HidrawHandle(str(node), Binding(written=1)).read_feature(6, 32) == b"\x06\x07"


@pytest.mark.parametrize(
    ("error", "there", "kind"),
    [
        (OSError("read error"), True, TransportError),
        (OSError("read error"), False, DeviceGone),
        (ValueError("not open"), True, DeviceGone),
    ],
)
def test_a_feature_that_is_not_told_is_an_error_of_its_kind(
    node: Path, error: Exception, there: bool, kind: type[TransportError]
) -> None:
    if not there:
        node.unlink()
    with pytest.raises(kind) as told:
        HidrawHandle(str(node), Binding(written=1, fails=error)).read_feature(6, 32)
    assert type(told.value) is kind
