"""Finding the daemon to talk to."""

from pathlib import Path
from typing import NoReturn

import pytest

from bridge.cli.client import find_socket


def test_a_socket_in_a_directory_that_is_closed_to_us_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def closed(_path: Path) -> NoReturn:
        raise PermissionError

    monkeypatch.setattr(Path, "is_socket", closed)
    assert find_socket({"OFFHOOK_SOCKET": "/run/offhook/control.sock"}) is not None
