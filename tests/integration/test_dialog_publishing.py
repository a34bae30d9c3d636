"""Our user's calls light lamps elsewhere: a real presence server, and a telephone that watches."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

import pytest

from bridge.drivers.dialogs import DialogPublisher
from bridge.drivers.dialogs.publisher import DialogLine
from bridge.model.engine import Transport
from bridge.protocols.dialog_info import ShownDialog
from tests.integration.phones import baresip_at
from tests.integration.running import account_at, config_for, desk_with
from tests.integration.waiting import eventually
from tests.pbx.instance import Pbx

pytestmark = pytest.mark.needs("kamailio")

RINGS = ShownDialog("c1", "early", is_initiator=False)
TALKS = ShownDialog("c1", "confirmed", is_initiator=False)
HELD = ShownDialog("c1", "confirmed", is_initiator=False, is_held=True)


class Watcher:
    """A desk phone with a lamp key for one extension."""

    def __init__(self, pbx: Pbx, extension: str) -> None:
        self.lamps: list[str] = []
        command = [sys.executable, "-m", "tests.pbx.lamp_watch", "--host", pbx.host]
        command += ["--port", str(pbx.sip_port), "--user", "209"]
        command += ["--password", pbx.password("209"), extension]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._output: IO[str] = self._process.stdout
        os.set_blocking(self._output.fileno(), False)

    def read(self) -> list[str]:
        """Return every lamp seen so far, in order."""
        while line := self._output.readline():
            said: dict[str, Any] = json.loads(line)
            if "lamp" in said:
                self.lamps.append(said["lamp"])
        return self.lamps

    @property
    def lamp(self) -> str:
        return (self.read() or ["nothing yet"])[-1]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()


def line(pbx: Pbx, transport: Transport, password: str = "") -> DialogLine:
    return DialogLine(
        user="201",
        domain=pbx.host,
        host=pbx.host,
        port=pbx.sip_port,
        transport=transport,
        auth_user="201",
        password=password or pbx.password("201"),
    )


def shows(watcher: Watcher, lamp: str) -> bool:
    return watcher.lamp == lamp


@pytest.fixture
def watcher(pbx: Pbx) -> Iterator[Watcher]:
    one = Watcher(pbx, "201")
    yield one
    one.close()


@pytest.fixture
def troubles() -> list[str]:
    return []


@pytest.mark.parametrize("transport", [Transport.UDP, Transport.TCP])
async def test_a_call_lights_the_lamp_of_a_watching_telephone_and_its_end_puts_it_out(
    pbx: Pbx, watcher: Watcher, troubles: list[str], transport: Transport
) -> None:
    await eventually(lambda: watcher.lamp == "idle", "the subscription stands")
    async with DialogPublisher(line(pbx, transport), time.monotonic, troubles.append) as publisher:
        for dialogs, lamp in (
            ((RINGS,), "ringing"),
            ((TALKS,), "busy"),
            ((HELD,), "held"),
            ((), "idle"),
            ((RINGS,), "ringing"),
            ((), "idle"),
        ):
            publisher.show(dialogs)
            await eventually(partial(shows, watcher, lamp), lamp, lambda: str(watcher.lamps))
    assert troubles == []


async def test_whoever_stops_in_a_call_leaves_no_lamp_lit(
    pbx: Pbx, watcher: Watcher, troubles: list[str]
) -> None:
    async with DialogPublisher(
        line(pbx, Transport.UDP), time.monotonic, troubles.append
    ) as publisher:
        publisher.show((TALKS,))
        await eventually(lambda: watcher.lamp == "busy", "busy", lambda: str(watcher.lamps))
    await eventually(lambda: watcher.lamp == "idle", "idle", lambda: str(watcher.lamps))


async def test_a_burst_of_changes_ends_in_the_truth(
    pbx: Pbx, watcher: Watcher, troubles: list[str]
) -> None:
    async with DialogPublisher(
        line(pbx, Transport.UDP), time.monotonic, troubles.append
    ) as publisher:
        for number in range(50):
            call = ShownDialog(f"b{number}", "confirmed", is_initiator=True)
            publisher.show((call,))
            publisher.show(())
        publisher.show((TALKS,))
        await eventually(lambda: watcher.lamp == "busy", "busy", lambda: str(watcher.lamps))
        publisher.show(())
        await eventually(lambda: watcher.lamp == "idle", "idle", lambda: str(watcher.lamps))


async def test_a_wrong_password_is_said_once_in_one_sentence(pbx: Pbx, troubles: list[str]) -> None:
    wrong = line(pbx, Transport.UDP, "wrong")
    async with DialogPublisher(wrong, time.monotonic, troubles.append) as publisher:
        publisher.show((TALKS,))
        await eventually(lambda: troubles, "a sentence")
    assert len(troubles) == 1
    assert troubles[0].startswith("the PBX does not take our lamp state: ")


async def test_no_pbx_is_said_and_nothing_else_happens(
    pbx: Pbx, troubles: list[str], free_port_base: int
) -> None:
    nobody = DialogLine("201", "h", pbx.host, free_port_base, Transport.TCP, "201", "x")
    async with DialogPublisher(nobody, time.monotonic, troubles.append) as publisher:
        publisher.show((TALKS,))
        await eventually(lambda: troubles, "a sentence")
    assert "refused" in troubles[0] or "connect call failed" in troubles[0]


@pytest.mark.sip
@pytest.mark.needs("baresip")
async def test_a_call_that_the_pbx_never_saw_lights_the_lamp(
    pbx: Pbx, watcher: Watcher, short_dir: Path, free_port_base: int
) -> None:
    account = replace(account_at(pbx, 201), publishes=True, allow_from=("127.0.0.1",))
    phone = baresip_at(short_dir / "caller", free_port_base, pbx.uri(202), pbx.password(202))
    config = config_for(short_dir, account, free_port_base + 100)
    async with desk_with(config) as desk, phone as caller:
        await desk.is_registered()
        await caller.calls(f"sip:201@{desk.daemon.engine.address}")
        await desk.shows("ring")
        await eventually(partial(shows, watcher, "ringing"), "ringing", lambda: str(watcher.lamps))
        desk.press("hook")
        await eventually(partial(shows, watcher, "busy"), "busy", lambda: str(watcher.lamps))
        await caller.hangs_up()
        await eventually(partial(shows, watcher, "idle"), "idle", lambda: str(watcher.lamps))
