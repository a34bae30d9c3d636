"""From what a PBX publishes to the keys of the desk, and back: the whole way over MQTT."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import cast

import pytest

from bridge.model.blf import Color, Extension, Favourite, KeyType, PanelId, PanelInfo
from bridge.model.favourites import PutFavourite
from bridge.model.intents import Intent, Verb
from bridge.protocols.control_wire import GiveIntent
from tests.mqtt.pbx_words import PBX_BASE
from tests.scenarios.broker import Json
from tests.scenarios.desk import Desk, desk_with, until

EPOCH, LATER = "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
DECK = PanelId("deck")


@pytest.fixture
async def desk(short_dir: Path) -> AsyncIterator[Desk]:
    """A desk with a panel, a key for Anna and one for a queue, and a PBX that is heard."""
    favourites = (
        Favourite(1, "Anna", KeyType.BLF, "202"),
        Favourite(2, "Support", KeyType.QUEUE, "900"),
    )
    async with desk_with(short_dir, favourites=favourites, pbx="office") as running:
        running.panels.plug(PanelInfo(DECK, "Deck", "1.0", 8, frozenset(Color)))
        yield running


def says(desk: Desk, topic: str, epoch: str = EPOCH, **members: object) -> None:
    """The PBX publishes a state."""
    body = {"v": 1, "epoch": epoch, "rev": 1, **members}
    desk.broker.say(f"{PBX_BASE}/{topic}", json.dumps(body).encode(), retained=True)


ORDERS = ("queue_login", "queue_logout", "originate")


def is_up(desk: Desk, epoch: str = EPOCH, offered: Sequence[str] = ORDERS) -> None:
    says(desk, "availability", epoch, state="online", seq=0, health="ok", reasons=[])
    says(desk, "info", epoch, window=["w2", "w1"], commands=list(offered))


async def shows(desk: Desk, key: int, state: str) -> None:
    faces = desk.panels.faces[DECK]
    await until(lambda: key in faces and faces[key].state == state, f"key {key} shows {state}")


async def test_a_key_goes_through_a_call_as_the_pbx_tells_it(desk: Desk) -> None:
    await shows(desk, 0, "unknown")
    says(desk, "ext/202/state", state="free")
    is_up(desk)
    await shows(desk, 0, "free")
    for state in ("ringing", "busy", "held", "free", "offline"):
        says(desk, "ext/202/state", state=state)
        await shows(desk, 0, state)


async def test_a_gateway_that_was_started_again_has_to_say_everything_again(desk: Desk) -> None:
    says(desk, "ext/202/state", state="busy")
    is_up(desk)
    await shows(desk, 0, "busy")
    is_up(desk, LATER)
    await shows(desk, 0, "unknown")
    says(desk, "ext/202/state", LATER, state="free")
    await shows(desk, 0, "free")


async def test_how_often_the_pbx_was_lost_is_told(desk: Desk) -> None:
    is_up(desk)
    says(desk, "ext/202/state", state="busy")
    await shows(desk, 0, "busy")
    desk.broker.say(f"{PBX_BASE}/ext/202/state", b'{"v":2}')
    await until(lambda: "version" in desk.daemon.pbx.counts(), "a word of version 2 is refused")
    is_up(desk, LATER)
    await shows(desk, 0, "unknown")
    says(desk, "ext/202/state", LATER, state="free")
    await shows(desk, 0, "free")
    counted = {"lost": 1, "resyncs": 2, "version": 1}
    assert desk.daemon.pbx.body == {"pbx": "office", "up": True, "reason": "", "counts": counted}
    desk.passes(30.0)
    assert desk.broker.body("figures")["pbx"] == counted


async def test_a_gateway_that_goes_leaves_no_lamp_behind(desk: Desk) -> None:
    says(desk, "ext/202/state", state="busy")
    is_up(desk)
    await shows(desk, 0, "busy")
    says(desk, "availability", state="offline", reasons=["the PBX does not answer"])
    await shows(desk, 0, "unknown")
    assert desk.daemon.lamps.board.why_unknown(1)


async def test_a_new_key_hears_of_its_extension(desk: Desk) -> None:
    is_up(desk)
    ben = Favourite(3, "Ben", KeyType.BLF, Extension("203"))
    await desk.daemon.lamps.edit(PutFavourite(ben))
    says(desk, "ext/203/state", state="ringing")
    await shows(desk, 2, "ringing")


async def test_a_queue_key_asks_the_pbx_and_lights_when_that_says_so(desk: Desk) -> None:
    out = {"ext": "200", "logged_in": False, "paused": False}
    says(desk, "queue/900", members=[out], waiting=0)
    is_up(desk)
    await shows(desk, 1, "logged-out")
    desk.panels.move(DECK, 1, down=True)
    desk.panels.move(DECK, 1, down=False)
    wanted = f"{PBX_BASE}/cmd/queue_login"
    await until(lambda: any(p.topic == wanted for p in desk.broker.published), "it is asked")
    (asked,) = (p for p in desk.broker.published if p.topic == wanted)
    args = cast("Json", json.loads(asked.payload))["args"]
    assert args == {"ext": "200", "queue": "900"}
    await shows(desk, 1, "logged-out")  # an order changes no lamp by itself
    says(desk, "queue/900", members=[{**out, "logged_in": True}], waiting=0)
    await shows(desk, 1, "logged-in")


# -- another telephone calls -------------------------------------------------------

FROM_ANOTHER = Intent(Verb.DIAL, target="(201)", origin="205")


async def test_another_telephone_is_rung_by_the_pbx_and_its_answer_is_told(desk: Desk) -> None:
    says(desk, "ext/202/state", state="free")
    is_up(desk)
    await shows(desk, 0, "free")
    asked = asyncio.create_task(desk.asks(GiveIntent(FROM_ANOTHER)))
    wanted = f"{PBX_BASE}/cmd/originate"
    await until(lambda: any(p.topic == wanted for p in desk.broker.published), "it is asked")
    (command,) = (p for p in desk.broker.published if p.topic == wanted)
    body = cast("Json", json.loads(command.payload))
    assert body["args"] == {"ext": "205", "number": "201"}
    reply = {"v": 1, "id": body["id"], "status": "failed", "detail": "205 cannot be reached"}
    desk.broker.say(f"{PBX_BASE}/reply/{body['reply_to']}", json.dumps(reply).encode())
    answer = await asked
    assert (answer["outcome"], answer["detail"]) == ("failed", "205 cannot be reached")
    assert desk.call is None


async def test_an_emergency_number_is_no_order_to_the_pbx(desk: Desk) -> None:
    says(desk, "ext/202/state", state="free")
    is_up(desk)
    await shows(desk, 0, "free")
    number = desk.broker.command(
        "dial", window=desk.broker.window, args={"target": "112", "from": "205"}
    )
    await until(lambda: "accepted" in desk.broker.replies(number), "it is taken")
    assert desk.call is not None
    assert desk.call.remote.number == "112"
    assert not any("/cmd/originate" in p.topic for p in desk.broker.published)


async def test_a_pbx_that_cannot_do_it_is_told_apart_from_one_that_is_away(desk: Desk) -> None:
    away = await desk.asks(GiveIntent(FROM_ANOTHER))
    assert away["outcome"] == "failed"
    assert "gateway" in str(away["detail"])
    says(desk, "ext/202/state", state="free")
    is_up(desk, offered=["pickup"])
    await shows(desk, 0, "free")
    unable = await desk.asks(GiveIntent(FROM_ANOTHER))
    assert unable["outcome"] == "denied"
    assert "'originate'" in str(unable["detail"])
