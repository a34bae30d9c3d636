"""What systemd hears, on a real socket."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bridge.drivers.systemd import Notifier


@dataclass
class Manager:
    """A service manager's end of the socket."""

    socket: socket.socket
    env: dict[str, str]

    def hears(self) -> str:
        return self.socket.recv(4096).decode()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    where = {"path": str(tmp_path / "notify"), "abstract": f"@offhook-test-{os.getpid()}"}
    given = where[request.param]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.settimeout(20)
        end.bind("\0" + given[1:] if given.startswith("@") else given)
        env = {"NOTIFY_SOCKET": given, "WATCHDOG_USEC": "6000000", "WATCHDOG_PID": "7", "A": "b"}
        yield Manager(end, env)


def test_a_service_is_heard_from_its_start_to_its_end(manager: Manager) -> None:
    notifier = Notifier(manager.env, pid=7)
    notifier.status("starting")
    assert manager.hears() == "STATUS=starting"
    assert notifier.ready("ready")
    assert manager.hears() == "READY=1\nSTATUS=ready"
    notifier.status("ready")
    notifier.feed()
    assert manager.hears() == "WATCHDOG=1", "an old sentence was said again"
    notifier.stopping()
    assert manager.hears() == "STOPPING=1\nSTATUS=stopping"
    notifier.close()
    notifier.feed()


def test_its_children_do_not_speak_for_it(manager: Manager) -> None:
    assert Notifier(manager.env, pid=7).watchdog_s == 6.0
    assert manager.env == {"A": "b"}


def test_the_watchdog_of_another_process_is_not_fed(manager: Manager) -> None:
    assert Notifier(manager.env, pid=8).watchdog_s == 0.0


def test_numbers_are_masked_and_no_text_begins_a_line_of_its_own(manager: Manager) -> None:
    Notifier(manager.env, pid=7).status("call from +4930123456789\nREADY=1")
    said = manager.hears()
    assert "123456" not in said
    assert len(said.splitlines()) == 1


def test_a_manager_that_has_gone_costs_nothing(manager: Manager) -> None:
    notifier = Notifier(manager.env, pid=7)
    manager.socket.close()
    assert not notifier.ready("ready")
    notifier.feed()


@pytest.mark.parametrize("env", [{}, {"NOTIFY_SOCKET": "vsock:2:1"}], ids=["none", "not a path"])
def test_without_systemd_nothing_is_said(env: dict[str, str]) -> None:
    notifier = Notifier(env)
    assert not notifier.is_heard
    assert not notifier.ready("ready")
