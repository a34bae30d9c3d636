"""systemd starts the daemon anew when a part of it hangs, and only then."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bridge.app.health import Health, SoundClock
from bridge.core.health import LONGEST_S, ailing
from bridge.drivers.systemd import Notifier
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.sound import SoundBackend, SoundStats
from tests.scenarios.desk import Desk


class Manager:
    """systemd's end of the socket."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self.socket.bind(str(path))
        self.notifier = Notifier({"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "6000000"})

    def hears(self) -> list[str]:
        """Everything since it was asked last."""
        heard: list[str] = []
        with suppress(BlockingIOError):
            while True:
                heard.append(self.socket.recv(4096).decode())
        return heard


@pytest.fixture
def manager(short_dir: Path) -> Iterator[Manager]:
    manager = Manager(short_dir / "notify")
    yield manager
    manager.notifier.close()
    manager.socket.close()


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


async def test_ready_is_said_once_and_not_before_the_broker_is_known(
    desk: Desk, manager: Manager
) -> None:
    clock = Clock()
    health = Health(desk.daemon, manager.notifier, clock)
    health.look()
    assert manager.hears() == ["STATUS=starting; waiting for MQTT; up: line desk", "WATCHDOG=1"]
    clock.now_s = LONGEST_S
    health.clock.look(None)
    health.look()
    health.look()
    told = "READY=1\nSTATUS=ready; waiting for MQTT; up: line desk"
    assert manager.hears() == [told, "WATCHDOG=1", "WATCHDOG=1"]


async def test_a_part_that_hangs_starves_the_watchdog_until_it_turns_again(
    desk: Desk,
    manager: Manager,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    health = Health(desk.daemon, manager.notifier, Clock())
    health.look()
    assert "WATCHDOG=1" in manager.hears()
    monkeypatch.setattr(VirtualEngine, "silent_s", 61.0)
    health.look()
    health.look()
    assert manager.hears() == []
    assert caplog.text.count("the SIP engine has shown no life for 61 s") == 1
    monkeypatch.undo()
    health.look()
    assert manager.hears() == ["WATCHDOG=1"]


async def test_who_asks_while_the_daemon_starts_is_answered_once_it_is_whole(desk: Desk) -> None:
    control = desk.daemon.control
    control.whole.clear()
    status = asyncio.create_task(control.status())
    order = asyncio.create_task(control.give_intent(Intent(Verb.MUTE)))
    done, _ = await asyncio.wait([status, order], timeout=0.05)
    assert not done
    control.whole.set()
    assert "lines" in await status
    assert (await order).outcome is Outcome.CONFLICT


def test_a_clock_that_stands_in_a_call_is_no_life_and_without_a_call_it_may_stand() -> None:
    clock = Clock()
    sound = SoundClock(clock)

    def looks(ticks: int, *, joined: bool = True) -> tuple[str, ...]:
        clock.now_s += 6
        stats = SoundStats(SoundBackend.TEST, True, True, True, False, joined=joined, ticks=ticks)
        sound.look(stats)
        return ailing([sound.sign])

    assert looks(300) == ()
    assert looks(600) == ()
    assert looks(600) == ()
    assert looks(600) == ("the clock of the sound has shown no life for 12 s",)
    assert looks(601) == ()
    assert looks(601, joined=False) == ()
    assert looks(601, joined=False) == ()
    assert looks(601) == ()
