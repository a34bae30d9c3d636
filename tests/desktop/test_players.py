"""Music is silent in a call and goes on after it; what did not play stays as it is."""

import pytest

from bridge.model.desktop import DesktopSettings
from bridge.model.intents import Verb
from tests.desktop.conftest import Desk, MakeDesk
from tests.desktop.services import Player, until
from tests.drivers.message_bus import MessageBus

pytestmark = pytest.mark.needs("dbus")

PAUSING = DesktopSettings(enabled=True, notices=frozenset(), pause_players=True)


async def in_a_call(desk: Desk) -> None:
    await desk.is_called()
    desk.does(Verb.ANSWER)
    await until(lambda: desk.phases == ["connected"], "the call is up")


async def test_only_what_played_is_paused_and_goes_on(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with (
        Player(bus.address, "one", "Playing") as one,
        Player(bus.address, "two", "Paused") as two,
        Player(bus.address, "three", "Stopped") as three,
        desk_on(PAUSING) as desk,
    ):
        await in_a_call(desk)
        await until(lambda: one.status == "Paused", "the music is silent")
        desk.does(Verb.HANGUP)
        await until(lambda: one.status == "Playing", "the music goes on")
    assert (two.calls, three.calls) == ([], [])


async def test_a_call_that_only_rings_leaves_the_music(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Player(bus.address, "one", "Playing") as one, desk_on(PAUSING) as desk:
        call = await desk.is_called()
        desk.line.peer_hangs_up(call)
        await until(lambda: not desk.phases, "it rings no more")
        await in_a_call(desk)
        await until(lambda: one.status == "Paused", "the music is silent")
    assert one.calls == ["Pause", "Play"]


async def test_music_somebody_starts_in_the_call_is_theirs(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with (
        Player(bus.address, "one", "Playing") as one,
        Player(bus.address, "two", "Playing") as two,
        desk_on(PAUSING) as desk,
    ):
        await in_a_call(desk)
        await until(lambda: (one.status, two.status) == ("Paused", "Paused"), "silence")
        players = desk.desktop._players
        assert players is not None
        await until(lambda: len(players._paused) == 2, "both wait")
        one.status = "Playing"
        await one.tell()
        await until(lambda: len(players._paused) == 1, "one is theirs")
        one.status = "Paused"
        await one.tell()
        desk.does(Verb.HANGUP)
        await until(lambda: two.status == "Playing", "the other goes on")
    assert (one.calls, two.calls) == (["Pause"], ["Pause", "Play"])


async def test_a_player_that_ends_in_the_call_is_nobodys_trouble(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Player(bus.address, "two", "Playing") as two, desk_on(PAUSING) as desk:
        async with Player(bus.address, "one", "Playing") as one:
            await in_a_call(desk)
            await until(lambda: (one.status, two.status) == ("Paused", "Paused"), "silence")
        desk.does(Verb.HANGUP)
        await until(lambda: two.status == "Playing", "the other goes on")
        assert desk.problems == ()


async def test_by_default_music_is_left_alone(bus: MessageBus, desk_on: MakeDesk) -> None:
    async with Player(bus.address, "one", "Playing") as one, desk_on() as desk:
        await in_a_call(desk)
        desk.does(Verb.HANGUP)
        await until(lambda: not desk.phases, "the call is over")
    assert one.calls == []
