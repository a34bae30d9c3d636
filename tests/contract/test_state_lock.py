"""One daemon per state directory."""


# the tests look at the file system themselves

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.drivers.control import AlreadyRunningError, StateLock
from bridge.model.errors import TransportError

LIMIT_S = 10.0  # for a killed process to be gone


# -- the lock -----------------------------------------------------------------


@pytest.fixture
def other_daemon(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock of ``tmp_path / "state"``."""
    code = (
        "import sys, pathlib; from bridge.drivers.control import StateLock\n"
        "with StateLock(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "state")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def take(state_dir: Path) -> None:
    with StateLock(state_dir):
        pass


def test_a_second_daemon_on_the_same_state_is_refused_with_the_process(
    tmp_path: Path, other_daemon: subprocess.Popen[str]
) -> None:
    with pytest.raises(AlreadyRunningError, match=rf"already runs .*process {other_daemon.pid}\)"):
        take(tmp_path / "state")


def test_a_daemon_that_was_killed_leaves_no_lock(
    tmp_path: Path, other_daemon: subprocess.Popen[str]
) -> None:
    other_daemon.kill()
    other_daemon.wait(LIMIT_S)
    take(tmp_path / "state")


def test_the_state_directory_is_private_and_the_lock_can_be_taken_again(tmp_path: Path) -> None:
    take(tmp_path / "state")
    take(tmp_path / "state")
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_state_directory_that_is_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(TransportError, match=r"cannot use .*state"):
        take(tmp_path / "state")
