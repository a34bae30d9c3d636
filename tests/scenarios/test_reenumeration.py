"""Adapters that leave the bus and come back under another product id when a headset is linked.

The BT700 is 047f:02e6 with a headset and 047f:02e9 without; it has the descriptor of its sibling
here. What is known of it: ``device_profiles/poly/poly-bt700.yaml``.
"""

import pytest

from bridge.model.habits import HeadsetMode
from bridge.model.ids import DeviceId
from bridge.model.intents import Verb
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import EVOLVE_LINK

SIBLING = "047f-02ec_voyager-base-cd"
LINKED, ALONE = 0x02E6, 0x02E9


async def comes_back_as(board: Board, headset: Headset, product: int) -> None:
    """Let an adapter leave the bus and appear under a product id."""
    await board.pull(headset)
    headset.device.renumber(product)
    await board.replug(headset)


async def adapter_on(board: Board) -> Headset:
    """Plug a linked adapter in."""
    headset = await board.plug(SIBLING)
    await comes_back_as(board, headset, LINKED)
    return headset


async def test_an_adapter_keeps_its_name_its_call_and_its_lamps() -> None:
    async with board_with() as board:
        headset = await adapter_on(board)
        name = headset.name
        call = await board.is_in_a_call(headset)
        await board.asks(Verb.MUTE, call)
        for product in (ALONE, LINKED):
            await comes_back_as(board, headset, product)
            assert headset.name == name
            assert board.phases == {call: "connected"}
            assert board.calls[0].device == name
            headset.expects("off_hook", "mute")
        await headset.press("hook")
        assert board.phases == {}
        headset.expects()


async def test_it_comes_back_to_its_call_where_another_headset_stood_in() -> None:
    async with board_with(EVOLVE_LINK) as board:
        other = board.headsets[0]
        headset = await adapter_on(board)
        call = await board.is_in_a_call(headset)
        other.expects()
        await board.pull(headset)
        assert board.calls[0].device == other.name
        other.expects("off_hook")
        headset.device.renumber(ALONE)
        await board.replug(headset)
        assert board.calls[0].device == headset.name
        headset.expects("off_hook")
        other.expects()
        await board.passes(8.0)
        assert board.phases == {call: "connected"}


async def test_a_call_that_was_taken_over_by_a_key_of_another_headset_stays_there() -> None:
    async with board_with(EVOLVE_LINK) as board:
        other = board.headsets[0]
        headset = await adapter_on(board)
        await board.is_in_a_call(headset)
        await board.pull(headset)
        await other.press("mute")
        await board.replug(headset)
        assert board.calls[0].device == other.name
        other.expects("off_hook", "mute")
        headset.expects()


@pytest.mark.parametrize("mode", [HeadsetMode.GENERIC, HeadsetMode.AUTO])
async def test_its_mode_is_that_of_the_device_under_every_id(mode: HeadsetMode) -> None:
    async with board_with() as board:
        headset = await adapter_on(board)
        name = DeviceId(headset.name)
        assert await board.devices.set_mode(name, mode) == ""
        await comes_back_as(board, headset, ALONE)
        assert headset.name == name
        expected = "generic" if mode is HeadsetMode.GENERIC else "poly-bt700"
        assert board.devices.infos[name].profile == expected


async def test_two_adapters_without_serial_numbers_stay_two() -> None:
    async with board_with() as board:
        first, second = await adapter_on(board), await adapter_on(board)
        names = first.name, second.name
        assert len(set(names)) == 2
        call = await board.is_in_a_call(second)
        await board.pull(first)
        await comes_back_as(board, second, ALONE)
        first.device.renumber(ALONE)
        await board.replug(first)
        assert (first.name, second.name) == names
        assert board.calls[0].device == names[1]
        assert board.phases == {call: "connected"}
