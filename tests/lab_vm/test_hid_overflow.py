"""What the kernel does with reports that nobody reads: the twin in ``virtual`` does the same."""

import pytest

from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.udev.monitor import describe_node
from bridge.drivers.virtual.hid_handle import QUEUED_REPORTS
from tests.hid_dumps import ALL
from tests.lab_vm.cable import MakeCable, Uhid, UsbGadget

EVOLVE = ALL["0b0e-0307_evolve-link"].recording


def report(number: int) -> bytes:
    """A report with no key in it, told from all others."""
    return bytes([5, number]).ljust(33, b"\0")


@pytest.mark.parametrize("make_cable", [Uhid, UsbGadget])
def test_a_reader_that_does_not_read_loses_the_newest_reports(make_cable: MakeCable) -> None:
    cable = make_cable(EVOLVE)
    cable.plug()
    try:
        handle = open_hidraw(describe_node(cable.hidraw()))
        witness = open_hidraw(describe_node(cable.hidraw()))  # with a queue of its own
        for number in range(QUEUED_REPORTS + 10):
            cable.send(report(number))
            assert witness.read(5) == report(number)  # the kernel has handed it out to both
        witness.close()
        read = [handle.read(5) for _ in range(QUEUED_REPORTS)]
        assert read == [report(number) for number in range(QUEUED_REPORTS)]
        assert handle.read(0.2) == b""
        cable.send(report(99))
        assert handle.read(5) == report(99)  # and no word about those in between
        handle.close()
    finally:
        cable.pull()
        if isinstance(cable, UsbGadget):
            cable.close()
