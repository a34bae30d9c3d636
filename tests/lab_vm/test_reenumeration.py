"""An adapter that comes back under another product id, on real nodes: same device, same call.

The BT700 is 047f:02e6 with a headset and 047f:02e9 without; it has the descriptor of its sibling
here, as nobody has published its own.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode, NodeAdded, NodeRemoved
from bridge.drivers.udev.monitor import UdevBus
from bridge.model.events import CallEnded
from bridge.profiles.library import load_library
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import Gadget, HidFunction
from tests.lab_vm.cable import Uhid
from tests.lab_vm.desk import Desk
from tests.lab_vm.headset import LabHeadset

SIBLING = "047f-02ec_voyager-base-cd"
LINKED, ALONE = 0x02E6, 0x02E9
PATIENCE_S = 30.0


class Adapter(LabHeadset):
    """An adapter on a cable."""

    def __init__(self) -> None:
        super().__init__(SIBLING, Uhid)
        self._becomes(LINKED)

    def comes_back_as(self, product: int) -> None:
        """Leave the bus and appear under a product id."""
        self.pull()
        self._becomes(product)
        self.plug()

    def _becomes(self, product: int) -> None:
        self.cable = Uhid(replace(ALL[SIBLING].recording, product=product))


@pytest.mark.sip
@pytest.mark.asyncio(loop_scope="session")
async def test_an_adapter_that_changes_its_id_in_a_call_keeps_the_call_and_its_lamps(
    desk: Desk,
) -> None:
    with Adapter() as headset:
        identity = (await desk.has(headset))["device"]
        call = await desk.is_in_a_call(headset)
        await desk.press(headset, "mute")
        await desk.shows(headset, "off_hook", "mute")
        for product in (ALONE, LINKED):
            headset.comes_back_as(product)
            assert (await desk.has(headset))["device"] == identity
            await desk.shows(headset, "off_hook", "mute")
        assert desk.caller.log.of(CallEnded, call) == []
        await desk.press(headset, "hook")
        await desk.ended(call)
        await desk.shows(headset)


Changes = AsyncIterator[NodeAdded | NodeRemoved]


async def added(changes: Changes) -> HidNode:
    """Wait for the next node."""
    async with asyncio.timeout(PATIENCE_S):
        change = await anext(changes)
    assert isinstance(change, NodeAdded)
    return change.node


async def removed(changes: Changes) -> None:
    """Wait until the node has gone."""
    async with asyncio.timeout(PATIENCE_S):
        assert isinstance(await anext(changes), NodeRemoved)


async def test_without_a_true_serial_number_the_usb_port_tells_which_adapter_it_is() -> None:
    library, changes = load_library(), UdevBus(open_hidraw).changes()
    names = []
    for product in (LINKED, ALONE, LINKED):
        hid = HidFunction(ALL[SIBLING].recording.descriptor)
        with Gadget(0x047F, product, [hid], product="Poly BT700", serial="0"):
            found = recognise(await added(changes), library)
        await removed(changes)
        assert isinstance(found, Recognised)
        assert (found.node.serial, found.info.product_id) == ("0", product)
        assert found.info.profile == "poly-bt700"
        names.append(found.info.device)
    assert len(set(names)) == 1
    assert names[0].startswith("047f-02e6-")


async def test_two_adapters_without_true_serial_numbers_are_two() -> None:
    library, changes = load_library(), UdevBus(open_hidraw).changes()
    descriptor = ALL[SIBLING].recording.descriptor
    with (
        Gadget(0x047F, LINKED, [HidFunction(descriptor)], product="Poly BT700", serial="0"),
        Gadget(0x047F, ALONE, [HidFunction(descriptor)], product="Poly BT700", serial="0"),
    ):
        found = [recognise(await added(changes), library) for _ in range(2)]
    names = {one.info.device for one in found if isinstance(one, Recognised)}
    assert len(names) == 2
