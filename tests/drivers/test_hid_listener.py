"""Listening without writing, on a pipe in the place of a node; the lab has real ones."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.drivers.hidraw.listener import HidListener
from bridge.model.errors import DeviceGone


@pytest.fixture
def node(tmp_path: Path) -> Path:
    path = tmp_path / "hidraw0"
    os.mkfifo(path)
    return path


@pytest.fixture
def device(node: Path) -> Iterator[int]:
    """The other end; opened for both directions so that nobody waits for the other."""
    end = os.open(node, os.O_RDWR)
    yield end
    os.close(end)


def test_a_report_is_read_whole(node: Path, device: int) -> None:
    with HidListener(str(node)) as listener:
        os.write(device, b"\x02\x01\x00")
        assert listener.read(5.0) == b"\x02\x01\x00"
        assert listener.read(0.01) == b""


def test_a_device_that_leaves_is_gone(node: Path) -> None:
    end = os.open(node, os.O_RDWR)
    with HidListener(str(node)) as listener:
        os.close(end)
        with pytest.raises(DeviceGone, match="plug the device in again"):
            listener.read(5.0)


def test_it_cannot_write(node: Path, device: int) -> None:
    with HidListener(str(node)) as listener, pytest.raises(OSError, match="Bad file descriptor"):
        os.write(listener._file, b"\x02\x01\x00")


def test_a_node_that_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DeviceGone, match="plug the device in again"):
        HidListener(str(tmp_path / "hidraw9"))
