"""Our user's calls light lamps elsewhere: a real presence server, and a telephone that watches."""

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from bridge.drivers.dialogs import DialogPublisher
from bridge.drivers.dialogs.publisher import DialogLine
from bridge.model.engine import Transport
from bridge.protocols.dialog_info import ShownDialog
from tests.integration.lamp_eyes import Watcher
from tests.integration.phones import baresip_at
from tests.integration.running import account_at, config_for, desk_with
from tests.integration.waiting import eventually
from tests.pbx.instance import Pbx

pytestmark = pytest.mark.needs("kamailio")

RINGS = ShownDialog("c1", "early", is_initiator=False)
TALKS = ShownDialog("c1", "confirmed", is_initiator=False)
HELD = ShownDialog("c1", "confirmed", is_initiator=False, is_held=True)


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
    return watcher.shows("201") == lamp


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
    await eventually(lambda: watcher.shows("201") == "free", "the subscription stands")
    async with DialogPublisher(line(pbx, transport), time.monotonic, troubles.append) as publisher:
        for dialogs, lamp in (
            ((RINGS,), "ringing"),
            ((TALKS,), "busy"),
            ((HELD,), "held"),
            ((), "free"),
            ((RINGS,), "ringing"),
            ((), "free"),
        ):
            publisher.show(dialogs)
            await eventually(partial(shows, watcher, lamp), lamp, watcher.story)
    assert troubles == []


async def test_whoever_stops_in_a_call_leaves_no_lamp_lit(
    pbx: Pbx, watcher: Watcher, troubles: list[str]
) -> None:
    async with DialogPublisher(
        line(pbx, Transport.UDP), time.monotonic, troubles.append
    ) as publisher:
        publisher.show((TALKS,))
        await eventually(lambda: watcher.shows("201") == "busy", "busy", watcher.story)
    await eventually(lambda: watcher.shows("201") == "free", "free", watcher.story)


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
        await eventually(lambda: watcher.shows("201") == "busy", "busy", watcher.story)
        publisher.show(())
        await eventually(lambda: watcher.shows("201") == "free", "free", watcher.story)


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
        await eventually(partial(shows, watcher, "ringing"), "ringing", watcher.story)
        desk.press("hook")
        await eventually(partial(shows, watcher, "busy"), "busy", watcher.story)
        await caller.hangs_up()
        await eventually(partial(shows, watcher, "free"), "free", watcher.story)
