"""Keys on the desk: colleagues' lamps, and what a finger does."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.blf.facts import FRESH_S
from bridge.blf.press import LONG_S
from bridge.cli.client import Client, RefusedError
from bridge.cli.show import entries
from bridge.drivers.virtual.panels import VirtualPanels
from bridge.drivers.virtual.pbx import VirtualPbxCommands
from bridge.model.blf import (
    Color,
    Extension,
    Fact,
    Favourite,
    KeyFace,
    KeyType,
    Lamp,
    LineFact,
    LineState,
    PanelId,
    PanelInfo,
    PanelKey,
    PbxId,
    QueueFact,
    SourceFact,
)
from bridge.model.calls import Phase
from bridge.model.effects import ConnectCalls, PlaceCall
from bridge.model.favourites import (
    GetLamps,
    KeyQuestion,
    ListFavourites,
    MoveFavourite,
    PressKey,
    PutFavourite,
    RemoveFavourite,
)
from bridge.model.intents import Outcome, Verb
from bridge.model.pbx import PbxAnswer, ServeQueue
from tests.scenarios.broker import Json
from tests.scenarios.desk import Desk, desk_with, until

PBX = PbxId("pbx")
ANNA, BEN = Extension("202"), Extension("203")
FAVOURITES = (
    Favourite(1, "Anna", KeyType.BLF, ANNA),
    Favourite(2, "Ben", KeyType.BLF, BEN),
    Favourite(3, "Support", KeyType.QUEUE, "900"),
    Favourite(4, "Home", KeyType.SPEED_DIAL, "0301234567"),
)


DECK = PanelId("deck")
ALL_COLORS = frozenset(Color)


class Panel:
    """A panel on the desk: what an eye sees of it, and a finger."""

    def __init__(self, desk: Desk, keys: int = 8, colors: frozenset[Color] = ALL_COLORS) -> None:
        self._desk = desk
        self._panels: VirtualPanels = desk.panels
        self._info = PanelInfo(DECK, "Deck", "1.0", keys, colors)
        self.plug()

    @property
    def faces(self) -> dict[int, KeyFace]:
        return self._panels.faces.get(DECK, {})

    def state(self, key: int) -> str:
        """The word for what a key shows; empty for nothing."""
        face = self.faces.get(key)
        return "" if face is None else face.state

    def plug(self) -> None:
        self._panels.plug(self._info)

    def pull(self, reason: str) -> None:
        self._panels.pull(DECK, reason)

    def down(self, key: int) -> None:
        self._panels.move(DECK, key, down=True)

    def up(self, key: int) -> None:
        self._panels.move(DECK, key, down=False)

    def tap(self, key: int) -> None:
        self.down(key)
        self.up(key)


@pytest.fixture
async def desk(short_dir: Path) -> AsyncIterator[Desk]:
    """A desk with favourites and no headset."""
    async with desk_with(short_dir, favourites=FAVOURITES) as running:
        yield running


def says(desk: Desk, *facts: Fact) -> None:
    """The PBX says this."""
    for fact in facts:
        desk.daemon.lamps.learn(PBX, fact)


def is_up(desk: Desk, *lines: tuple[Extension, LineState]) -> None:
    """The PBX is there and has said everything."""
    says(desk, *(LineFact(one, state) for one, state in lines), SourceFact(PBX, is_up=True))


async def shows(panel: Panel, key: int, state: str) -> None:
    await until(lambda: panel.state(key) == state, f"key {key} shows {state}: {panel.faces}")


async def asks(desk: Desk, question: KeyQuestion) -> Json:
    """What the command line is answered."""

    def ask() -> Json:
        with Client(desk.daemon.config.control_socket) as client:
            return client.ask(question)

    return await asyncio.to_thread(ask)


def dialled(desk: Desk) -> list[str]:
    return [order.target for order in desk.orders if isinstance(order, PlaceCall)]


async def test_a_colleagues_lamp_follows_the_line(desk: Desk) -> None:
    panel = Panel(desk)
    await shows(panel, 0, "unknown")
    is_up(desk, (ANNA, LineState.FREE), (BEN, LineState.BUSY))
    await shows(panel, 0, "free")
    await shows(panel, 1, "busy")
    says(desk, LineFact(ANNA, LineState.RINGING))
    await shows(panel, 0, "ringing")
    assert panel.faces[0].label == "Anna"
    assert panel.state(5) == ""


async def test_a_lost_pbx_and_an_old_word_are_unknown(desk: Desk) -> None:
    panel = Panel(desk)
    is_up(desk, (ANNA, LineState.FREE), (BEN, LineState.FREE))
    await shows(panel, 0, "free")
    says(desk, SourceFact(PBX, False, "the gateway is offline"))
    await shows(panel, 0, "unknown")
    is_up(desk, (ANNA, LineState.FREE))
    await shows(panel, 0, "free")
    desk.passes(FRESH_S)
    await shows(panel, 0, "unknown")
    assert panel.faces[0].lamp == Lamp(Color.DARK_BLUE)


async def test_a_press_calls_a_free_colleague_and_picks_up_where_it_rings(desk: Desk) -> None:
    panel = Panel(desk)
    is_up(desk, (ANNA, LineState.RINGING), (BEN, LineState.FREE))
    await shows(panel, 0, "ringing")
    panel.down(0)
    assert dialled(desk) == ["**202"], "it acts when the key goes down"
    panel.up(0)
    assert dialled(desk) == ["**202"]


async def test_a_press_that_took_too_long_to_come_does_nothing(desk: Desk) -> None:
    panel = Panel(desk)
    is_up(desk, (ANNA, LineState.FREE))
    await shows(panel, 0, "free")
    late = PanelKey(desk.timers.now() - 3.0, DECK, 0, down=True)
    desk.panels._tell(late)
    panel.up(0)
    assert dialled(desk) == []


async def test_a_press_on_an_unknown_key_dials_nothing_and_is_explained(desk: Desk) -> None:
    panel = Panel(desk)
    await shows(panel, 0, "unknown")
    panel.tap(0)
    assert dialled(desk) == []
    (problem,) = desk.view.problems
    assert "Anna: no PBX tells the state of its lines" in problem
    assert "hold the key to call anyway" in problem
    desk.passes(20.0)
    assert desk.view.problems == ()


async def test_holding_an_unknown_key_calls_anyway(desk: Desk) -> None:
    panel = Panel(desk)
    await shows(panel, 0, "unknown")
    panel.down(0)
    desk.passes(LONG_S)
    assert dialled(desk) == [ANNA]
    panel.up(0)
    assert dialled(desk) == [ANNA]


async def test_in_a_call_a_colleague_is_asked_and_the_second_press_connects_both(
    desk: Desk,
) -> None:
    panel = Panel(desk)
    is_up(desk, (ANNA, LineState.FREE))
    await shows(panel, 0, "free")
    await desk.is_called("0307654321")
    await desk.types(Verb.ANSWER)
    await desk.call_is(Phase.CONNECTED)
    panel.tap(0)
    await shows(panel, 0, "called")
    (asked,) = (call.call for call in desk.view.calls if call.remote.number == ANNA)
    desk.line.peer_answers(asked)
    await shows(panel, 0, "talking")
    assert dialled(desk) == [ANNA]
    panel.tap(0)
    await until(lambda: desk.ordered(ConnectCalls) == 1, "both are connected")


async def test_who_waits_for_a_busy_colleague_is_told(desk: Desk) -> None:
    panel = Panel(desk)
    is_up(desk, (ANNA, LineState.BUSY))
    await shows(panel, 0, "busy")
    panel.tap(0)
    await shows(panel, 0, "awaited")
    says(desk, LineFact(ANNA, LineState.FREE))
    await shows(panel, 0, "free-again")
    panel.tap(0)
    assert dialled(desk) == [ANNA]
    await shows(panel, 0, "called")


async def test_a_queue_is_left_to_the_pbx(desk: Desk) -> None:
    pbx = VirtualPbxCommands()
    desk.daemon.lamps.commands = pbx
    says(desk, QueueFact(Extension("900"), ()), SourceFact(PBX, is_up=True))
    answer = await asks(desk, PressKey(3))
    assert answer["outcome"] == "done"
    assert pbx.sent == [ServeQueue(Extension("900"), Extension("200"), logged_in=True)]


async def test_what_the_pbx_refuses_is_told(desk: Desk) -> None:
    pbx = VirtualPbxCommands()
    pbx.answers.append(PbxAnswer(Outcome.DENIED, "200 is no agent of 900"))
    says(desk, QueueFact(Extension("900"), ()), SourceFact(PBX, is_up=True))
    answer = await asks(desk, PressKey(3))
    assert "no PBX takes this order" in str(answer["detail"])
    desk.daemon.lamps.commands = pbx
    answer = await asks(desk, PressKey(3))
    assert (answer["outcome"], answer["detail"]) == ("denied", "200 is no agent of 900")


async def test_a_press_meant_for_another_state_does_nothing(desk: Desk) -> None:
    is_up(desk, (ANNA, LineState.FREE))
    answer = await asks(desk, PressKey(1, expect="ringing"))
    assert answer["outcome"] == "conflict"
    assert answer["detail"] == "the key shows free, not ringing"
    assert dialled(desk) == []


async def test_a_press_on_an_empty_position_is_refused(desk: Desk) -> None:
    answer = await asks(desk, PressKey(9))
    assert answer["outcome"] == "invalid"
    assert "position 9 holds no favourite" in str(answer["detail"])


# -- panels -------------------------------------------------------------------


async def test_a_panel_with_fewer_keys_turns_pages(desk: Desk) -> None:
    panel = Panel(desk, keys=3)
    is_up(desk, (ANNA, LineState.FREE), (BEN, LineState.BUSY))
    await shows(panel, 0, "free")
    assert panel.faces[2].label == "1/2"
    panel.tap(2)
    await shows(panel, 0, "unknown")  # the queue
    assert (panel.faces[0].label, panel.faces[2].label) == ("Support", "2/2")
    says(desk, LineFact(ANNA, LineState.RINGING))
    await shows(panel, 2, "ringing")
    (note,) = [one["note"] for one in entries(await asks(desk, GetLamps()), "panels")]
    assert note == "Deck has 3 keys for positions 1 to 4: its last key turns 2 pages"


async def test_a_panel_gets_only_colours_it_has(desk: Desk) -> None:
    panel = Panel(desk, colors=frozenset({Color.OFF, Color.RED}))
    is_up(desk, (ANNA, LineState.FREE), (BEN, LineState.BUSY))
    await shows(panel, 1, "busy")
    assert {face.lamp.color for face in panel.faces.values()} <= {Color.OFF, Color.RED}


async def test_a_panel_that_is_put_back_shows_everything_again(desk: Desk) -> None:
    panel = Panel(desk)
    is_up(desk, (ANNA, LineState.FREE))
    await shows(panel, 0, "free")
    panel.pull("it does not answer")
    await until(lambda: "it does not answer" in desk.view.problems, "the loss is told")
    says(desk, LineFact(ANNA, LineState.BUSY))
    panel.plug()
    await shows(panel, 0, "busy")
    assert desk.view.problems == ()


# -- the list -----------------------------------------------------------------


async def test_an_edited_list_is_on_the_panel_and_survives_a_restart(short_dir: Path) -> None:
    async with desk_with(short_dir, favourites=FAVOURITES) as desk:
        panel = Panel(desk)
        is_up(
            desk, (ANNA, LineState.FREE), (BEN, LineState.BUSY), (Extension("210"), LineState.HELD)
        )
        await asks(desk, PutFavourite(Favourite(0, "Cara", KeyType.BLF, "210")))
        await asks(desk, MoveFavourite(1, 2))
        await asks(desk, RemoveFavourite(4))
        await shows(panel, 0, "busy")
        await shows(panel, 1, "free")
        await shows(panel, 4, "held")
        assert panel.state(3) == ""
    async with desk_with(short_dir, favourites=FAVOURITES) as desk:
        body = await asks(desk, ListFavourites())
        found = {one["position"]: one["name"] for one in entries(body, "favourites")}
        assert found == {1: "Ben", 2: "Anna", 3: "Support", 5: "Cara"}
        assert body["removed"] == [4]


async def test_an_edit_that_cannot_be_is_refused_and_changes_nothing(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="position 1 holds 'Anna'"):
        await asks(desk, PutFavourite(Favourite(1, "Eve", KeyType.BLF, "299")))
    assert desk.daemon.lamps.board.favourites == FAVOURITES


async def test_an_extension_the_pbx_does_not_know_is_explained(desk: Desk) -> None:
    is_up(desk, (BEN, LineState.FREE))
    anna = entries(await asks(desk, GetLamps()), "lamps")[0]
    assert anna["state"] == "unknown"
    assert anna["why"] == "the PBX knows no 202: look at the target of this key"
