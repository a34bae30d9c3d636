"""Keys of the desk as readers of MQTT see them, and commands about keys."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model.blf import (
    Color,
    Extension,
    Favourite,
    KeyType,
    LineFact,
    LineState,
    PanelId,
    PanelInfo,
    PbxId,
    SourceFact,
)
from bridge.model.effects import PlaceCall
from tests.mqtt.contract import check
from tests.scenarios.broker import BASE
from tests.scenarios.desk import Desk, desk_with, until

PBX, ANNA = PbxId("pbx"), Extension("202")


@pytest.fixture
async def desk(short_dir: Path) -> AsyncIterator[Desk]:
    """A desk with one key, about Anna, who is free."""
    favourites = (Favourite(1, "Anna", KeyType.BLF, ANNA),)
    async with desk_with(short_dir, favourites=favourites) as running:
        says(running, LineState.FREE)
        running.daemon.lamps.learn(PBX, SourceFact(PBX, is_up=True))
        await shows(running, "free")
        yield running


def says(desk: Desk, state: LineState) -> None:
    desk.daemon.lamps.learn(PBX, LineFact(ANNA, state))


async def shows(desk: Desk, state: str) -> None:
    await until(lambda: desk.broker.body("blf/1").get("state") == state, f"readers see {state}")


def dialled(desk: Desk) -> list[str]:
    return [order.target for order in desk.orders if isinstance(order, PlaceCall)]


async def answered(desk: Desk, number: str, *words: str) -> None:
    await until(lambda: desk.broker.replies(number) == list(words), f"answered {words}")


async def test_readers_see_each_key_and_not_whose_name_is_on_it(desk: Desk) -> None:
    says(desk, LineState.RINGING)
    await shows(desk, "ringing")
    body = desk.broker.body("blf/1")
    assert body["lamp"] == {"color": "red", "pattern": "fast"}
    assert (body["source"], body["stale"], "label" in body) == ("pbx", False, False)
    assert "Anna" not in str(desk.broker.retained)
    desk.daemon.lamps.learn(PBX, SourceFact(PBX, is_up=False))
    await shows(desk, "unknown")
    assert desk.broker.body("blf/1")["stale"] is True


async def test_everything_about_keys_is_as_the_contract_says(desk: Desk) -> None:
    desk.panels.plug(PanelInfo(PanelId("deck"), "Deck", "1.0", 8, frozenset(Color)))
    desk.panels.move(PanelId("deck"), 0, down=True)
    desk.panels.move(PanelId("deck"), 0, down=False)
    desk.panels.pull(PanelId("deck"))
    await shows(desk, "called")
    about = [p for p in desk.broker.published if "/blf/" in p.topic or "/panel/" in p.topic]
    for one in about:
        check(one.topic, one.payload)
    said = [json.loads(one.payload) for one in about if one.topic.endswith("/event")]
    assert [(one["event_type"], one["key"], one["position"]) for one in said] == [
        ("press", 0, 1),
        ("release", 0, None),
    ]
    assert desk.broker.body("panel/deck/state")["connected"] is False


async def test_a_press_calls_and_is_answered(desk: Desk) -> None:
    number = desk.broker.command(
        "blf_press", window=desk.broker.window, args={"position": 1, "state": "free"}
    )
    await answered(desk, number, "accepted")
    assert dialled(desk) == [ANNA]
    (call,) = desk.view.calls
    desk.line.peer_answers(call.call)
    await answered(desk, number, "accepted", "done")


async def test_a_press_for_another_state_an_old_window_or_stored_does_nothing(desk: Desk) -> None:
    args = {"position": 1, "state": "ringing"}
    number = desk.broker.command("blf_press", window=desk.broker.window, args=args)
    await answered(desk, number, "conflict")
    number = desk.broker.command("blf_press", window="long ago", args={"position": 1})
    await answered(desk, number, "stale")
    desk.broker.stored_command("blf_press", window=desk.broker.window, args={"position": 1})
    assert dialled(desk) == []


async def test_where_dialling_by_mqtt_is_off_no_key_dials(desk: Desk) -> None:
    desk.daemon.bus._may_dial = False
    number = desk.broker.command("blf_press", window=desk.broker.window, args={"position": 1})
    await answered(desk, number, "denied")
    assert dialled(desk) == []


async def test_the_list_is_edited_and_a_removed_key_is_cleared(desk: Desk) -> None:
    window = desk.broker.window
    args: dict[str, object] = {"name": "Ben", "target": "203"}
    number = desk.broker.command("favourites_add", window=window, args=args)
    await answered(desk, number, "done")
    await until(lambda: desk.broker.body("blf/2"), "the new key is there")
    number = desk.broker.command("favourites_add", window=window, args={**args, "position": 1})
    await answered(desk, number, "invalid")
    number = desk.broker.command("favourites_move", window=window, args={"position": 1, "to": 2})
    await answered(desk, number, "done")
    await until(lambda: desk.broker.body("blf/2")["state"] == "free", "Anna has moved")
    number = desk.broker.command("favourites_remove", window=window, args={"position": 1})
    await answered(desk, number, "done")
    await until(lambda: f"{BASE}/blf/1" not in desk.broker.retained, "the key is gone")
