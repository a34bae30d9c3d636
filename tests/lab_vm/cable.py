"""Three ways a headset reaches the kernel: uhid, a USB gadget, and USB over IP with a sound card.

All end in a real ``/dev/hidrawN``; the other end of the cable takes and gives report bytes.
"""

from collections.abc import Callable
from typing import Protocol

from bridge.protocols.hid_recorder import Recording
from tests.lab.usbip_device import AudioHeadset
from tests.lab.virtual_usb import Gadget, HidFunction, UhidDevice

SERIAL = "A0047"
PATIENCE_S = 30.0  # for the kernel to make a node; the VM is emulated, some twenty times slower


class Cable(Protocol):
    """One end of the cable, plugged in by ``plug``. ``send`` and ``receive`` from any thread."""

    def plug(self) -> None: ...
    def pull(self) -> None: ...
    def close(self) -> None:
        """Pull it for good; the kernel has room for four gadgets."""

    def hidraw(self) -> str:
        """Return the path of the node, once it is there."""

    def send(self, report: bytes) -> None: ...
    def receive(self, timeout_s: float) -> bytes | None:
        """Return the next report the host wrote; None when there is none."""


class Uhid:
    """No USB below: the kernel's HID core and its vendor driver."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._device: UhidDevice | None = None

    def plug(self) -> None:
        one = self._recording
        self._device = UhidDevice(
            one.vendor, one.product, one.descriptor, name=one.name, serial=SERIAL
        )

    def pull(self) -> None:
        if self._device is not None:
            self._device.close()

    close = pull

    def hidraw(self) -> str:
        return self._plugged().hidraw(PATIENCE_S)

    def send(self, report: bytes) -> None:
        self._plugged().send(report)

    def receive(self, timeout_s: float) -> bytes | None:
        return self._plugged().receive(timeout_s)

    def _plugged(self) -> UhidDevice:
        assert self._device is not None
        return self._device


class UsbGadget:
    """A USB device on the kernel's dummy host controller, lamps over the control pipe.

    Args:
        recording: the device.
        out_endpoint: lamps over an interrupt pipe instead.
    """

    def __init__(self, recording: Recording, *, out_endpoint: bool = False) -> None:
        self._hid = HidFunction(recording.descriptor, out_endpoint=out_endpoint)
        self._gadget = Gadget(
            recording.vendor,
            recording.product,
            [self._hid],
            product=recording.name,
            serial=SERIAL,
            plug=False,
        )

    def plug(self) -> None:
        self._gadget.plug(PATIENCE_S)

    def pull(self) -> None:
        self._gadget.unplug(PATIENCE_S)

    def close(self) -> None:
        self._gadget.close()

    def hidraw(self) -> str:
        return self._hid.hidraw(PATIENCE_S)

    def send(self, report: bytes) -> None:
        self._hid.send(report)

    def receive(self, timeout_s: float) -> bytes | None:
        return self._hid.receive(timeout_s)


class UsbWithSound:
    """A USB device with speaker, microphone and HID interface, as real headsets are."""

    def __init__(self, recording: Recording) -> None:
        self._device = AudioHeadset(
            recording.vendor,
            recording.product,
            recording.descriptor,
            product=recording.name,
            serial=SERIAL,
            plug=False,
        )

    def plug(self) -> None:
        self._device.plug(PATIENCE_S)

    def pull(self) -> None:
        self._device.unplug(PATIENCE_S)

    close = pull

    def hidraw(self) -> str:
        return self._device.hidraw(PATIENCE_S)

    def played(self) -> bytes:
        """What its speaker was given since this was asked last, 16-bit samples."""
        return self._device.heard()

    def send(self, report: bytes) -> None:
        self._device.press(report)

    def receive(self, timeout_s: float) -> bytes | None:
        return self._device.receive(timeout_s)


def interrupt_gadget(recording: Recording) -> UsbGadget:
    """A gadget for devices that get several lamp reports in a row.

    The gadget driver of the kernel keeps one report of the control pipe, and the next one
    overwrites it; the interrupt pipe has a queue.
    """
    return UsbGadget(recording, out_endpoint=True)


MakeCable = Callable[[Recording], Cable]
