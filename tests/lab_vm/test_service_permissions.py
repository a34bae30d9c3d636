"""Who may open a headset: the shipped udev rule, and what the daemon says without it."""

import grp
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.drivers.hidraw.handle import WAY_OUT
from tests.hid_dumps import ALL, USED
from tests.lab.virtual_usb import (
    BUS_BLUETOOTH,
    BUS_USB,
    Gadget,
    HidFunction,
    UhidDevice,
    headset_descriptor,
)
from tests.lab_vm.cable import Uhid
from tests.lab_vm.desk import Desk, until
from tests.lab_vm.headset import LabHeadset
from tests.lab_vm.service import (
    Service,
    group_of_the_rule,
    install_rule,
    may_use,
    remove_rule,
    udevadm,
)

EVOLVE_LINK = "0b0e-0307_evolve-link"
IN_THE_RULE = USED  # those nobody wrote a profile for by their descriptor
NOT_IN_THE_RULE = ["046d-0a37_h540", "046d-0ac4_g535"]
FOR_THE_GROUP = stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IWGRP
ROOT_ONLY = stat.S_IRUSR | stat.S_IWUSR


def permissions(node: str) -> tuple[str, int]:
    """Group and mode of a node once udev has done its part."""
    udevadm("settle")
    facts = Path(node).stat()
    return grp.getgrgid(facts.st_gid).gr_name, stat.S_IMODE(facts.st_mode)


@pytest.mark.parametrize("bus", [BUS_USB, BUS_BLUETOOTH])
@pytest.mark.parametrize("dump", IN_THE_RULE)
def test_the_rule_gives_every_supported_headset_to_its_group(
    rule: None, dump: str, bus: int
) -> None:
    one = ALL[dump].recording
    with UhidDevice(one.vendor, one.product, one.descriptor, name=one.name, bus=bus) as device:
        node = device.hidraw()
        assert permissions(node) == (group_of_the_rule(), FOR_THE_GROUP)
        assert may_use(node)


def test_the_rule_knows_a_gigaset_by_the_name_it_has_on_usb(rule: None) -> None:
    hid = HidFunction(headset_descriptor())
    with Gadget(0x1E85, 0x0001, [hid], product="Gigaset ION"):
        assert permissions(hid.hidraw()) == (group_of_the_rule(), FOR_THE_GROUP)


@pytest.mark.parametrize("dump", NOT_IN_THE_RULE)
def test_the_rule_leaves_what_is_no_telephone_to_root(rule: None, dump: str) -> None:
    one = ALL[dump].recording
    with UhidDevice(one.vendor, one.product, one.descriptor, name=one.name) as device:
        node = device.hidraw()
        assert permissions(node) == ("root", ROOT_ONLY)
        assert not may_use(node)


@pytest.mark.sip
def test_the_daemon_has_no_right_of_root_and_the_group_of_the_rule(service: Service) -> None:
    rights = service.rights
    assert "0" not in rights["Uid"].split()
    assert int(rights["CapEff"], 16) == 0
    assert grp.getgrnam(group_of_the_rule()).gr_gid in map(int, rights["Groups"].split())


@pytest.fixture
def no_rule(rule: None) -> Iterator[None]:
    """As before the rule was installed; it is there again afterwards."""
    remove_rule()
    yield
    install_rule()


@pytest.mark.sip
@pytest.mark.asyncio(loop_scope="session")
async def test_without_the_rule_the_way_out_is_told_once_and_following_it_is_enough(
    desk: Desk, no_rule: None
) -> None:
    told_before = len(desk.service.log())
    with LabHeadset(EVOLVE_LINK, Uhid) as headset:
        sentence = f"no access to {headset.node}: {WAY_OUT}"
        await until(lambda: sentence in desk.service.problems, lambda: desk.story(headset))
        assert desk.service.device_on(headset.node) is None
        assert desk.service.log()[told_before:].count(sentence) == 1
        install_rule()
        udevadm("trigger", "--subsystem-match=hidraw")
        await desk.has(headset)
        assert desk.service.problems == []
        call = await desk.is_in_a_call(headset)
        await desk.press(headset, "hook")
        await desk.ended(call)
        await desk.shows(headset)
