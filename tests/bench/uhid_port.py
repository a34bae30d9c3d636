"""Headsets made by the kernel's uhid; in the lab's VM, as root."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.drivers.hidraw.handle import open_hidraw
from bridge.drivers.udev.monitor import describe_node
from tests.bench.flood_source import Port
from tests.bench.key_desk import Plugged
from tests.bench.keys import FloorCable
from tests.hid_dumps import ALL
from tests.lab.virtual_usb import UhidDevice
from tests.lab_vm.cable import Uhid
from tests.lab_vm.headset import LabHeadset
from tests.scenarios.families import EVOLVE_LINK

PATIENCE_S = 30.0  # for the kernel to make a node; the VM is emulated, some twenty times slower


@dataclass
class UhidPort:
    """A headset's end of a cable to the kernel."""

    device: UhidDevice
    node: str
    patient: bool = False

    @property
    def waiting(self) -> int:
        return 0

    def send(self, report: bytes) -> None:
        self.device.send(report)  # what a reader has no room for is dropped without a word

    def push(self) -> None:
        """Nothing waits here."""

    def take(self) -> bytes:
        return self.device.receive(0) or b""


def uhid_ports(families: Sequence[str]) -> list[Port]:
    """Plug headsets in."""
    return [_port(family, number) for number, family in enumerate(families)]


def _port(family: str, number: int) -> UhidPort:
    one = ALL[family].recording
    device = UhidDevice(
        one.vendor, one.product, one.descriptor, name=one.name, serial=f"A{number:04}"
    )
    return UhidPort(device, device.hidraw(PATIENCE_S))


def uhid_headset(family: str) -> Plugged:
    """Plug one in whose keys are measured."""
    headset = LabHeadset(family, Uhid)
    headset.plug()
    node = describe_node(headset.node)
    return Plugged(family, headset.model, node, lambda: open_hidraw(node), headset.pull)


def uhid_floor() -> FloorCable:
    """Plug one in that is only echoed."""
    port = _port(EVOLVE_LINK, 0)
    node = describe_node(port.node)
    return FloorCable(lambda: open_hidraw(node), port.send, port.device.close)
