"""The daemon is stopped: what it lit goes out, what others lit stays."""

import pytest

from bridge.model.errors import TransportError
from bridge.model.intents import Verb
from tests.scenarios.board import board_with
from tests.scenarios.families import BLACKWIRE_5220, EVOLVE_LINK


@pytest.mark.parametrize("situation", ["ringing", "on hold"])
@pytest.mark.parametrize("family", [EVOLVE_LINK, BLACKWIRE_5220])  # one report, and one per lamp
async def test_nothing_of_ours_stays_lit(family: str, situation: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        if situation == "ringing":
            await board.is_called()
        else:
            await board.is_in_a_call(headset)
        if situation == "on hold":
            await board.asks(Verb.HOLD)
        assert headset.lit
        await board.stops()
        assert headset.lit == set()


async def test_another_programs_call_is_not_cut() -> None:
    async with board_with(EVOLVE_LINK) as board:
        headset = board.headsets[0]
        board.other_program(headset).is_in_a_call()
        await board.passes(8.0)
        await board.is_called()
        headset.expects("off_hook", "ring")
        await board.stops()
        headset.expects("off_hook")


async def test_an_idle_headset_is_not_written() -> None:
    async with board_with(EVOLVE_LINK) as board:
        await board.stops()
        assert board.headsets[0].device.written == []


async def test_a_headset_that_refuses_delays_nothing() -> None:
    async with board_with(EVOLVE_LINK) as board:
        headset = board.headsets[0]
        await board.is_called()
        headset.device.refuse_writes = TransportError("the device stalls")
        await board.stops()
        assert headset.lit == {"ring"}
