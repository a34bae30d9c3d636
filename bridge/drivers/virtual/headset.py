"""A headset made of a real report descriptor and a temperament: the twin of hidraw.

It speaks bytes only. Bits are read and set by code of its own, not by the decoder and encoder of
``bridge.protocols``, so that a mistake there meets a device that does not share it.
"""

import threading

from bridge.drivers.ports import HidNode
from bridge.drivers.virtual.hid_clock import DeviceClock, RealClock
from bridge.drivers.virtual.hid_handle import VirtualHandle
from bridge.drivers.virtual.temperament import PLAIN, Temperament
from bridge.model.errors import DeviceGone, TransportError
from bridge.protocols.hid_descriptor import Descriptor, Field, Kind, parse

KEYS = {  # what a press is called -> usages that may carry it, best first
    "hook": ("0b/20",),
    "mute": ("0b/2f",),
    "flash": ("0b/21",),
    "reject": ("09/07", "09/01", "0b/07"),
    "drop": ("0b/26",),
    "redial": ("0b/24",),
    "speed_dial": ("0b/50",),
    "voice_mail": ("0b/70",),
    "volume_up": ("0c/e9",),
    "volume_down": ("0c/ea",),
    "teams": ("ff99/04",),
    "line_busy": ("0b/97",),
    **{digit: (f"0b/{0xB0 + i:02x}",) for i, digit in enumerate("0123456789*#")},
}
LAMPS = {
    "off_hook": "08/17",
    "ring": "08/18",
    "mute": "08/09",
    "microphone": "08/21",
    "hold": "08/20",
    "on_line": "08/2a",
    "speaker": "08/1e",
    "ringer": "0b/9e",
}


class VirtualHeadset:
    """One device, plugged in from the start. All methods may be called from any thread.

    Args:
        descriptor: report descriptor of a telephony device.
        temperament: how it behaves.
        clock: when it acts by itself.
        vendor_id, product_id, name, serial, port: what a bus shows of it.
    """

    def __init__(
        self,
        descriptor: bytes,
        temperament: Temperament = PLAIN,
        clock: DeviceClock | None = None,
        *,
        vendor_id: int = 0x1209,
        product_id: int = 0x0001,
        name: str = "Virtual headset",
        serial: str = "",
        port: str = "1-1",
    ) -> None:
        parsed = parse(descriptor)
        if not isinstance(parsed, Descriptor):
            raise TransportError(f"no device can be made of this descriptor: {parsed.reason}")
        self.temperament = temperament
        self.refuse_open: TransportError | None = None
        self.refuse_writes: TransportError | None = None
        self.boom_arm_up = False
        self.written: list[bytes] = []
        self.features: list[bytes] = []
        self.sent = 0  # reports, since it was made
        self.lamps: dict[str, bool] = {}
        self.pressed_hook = False
        self._bytes = descriptor
        self._descriptor = parsed
        self._clock = clock or RealClock()
        self._identity = (vendor_id, product_id, name, serial, port)
        self._lock = threading.RLock()
        self._handles: list[VirtualHandle] = []
        self._bits: dict[int, int] = {}
        self._outputs: dict[int, int] = {}
        self._presses = 0
        self._mute_owed = False
        self.plugged = True
        self.lamps = self._read_lamps()

    # -- what a bus sees ------------------------------------------------------

    def node(self, path: str) -> HidNode:
        """Return the device as a bus shows it."""
        vendor, product, name, serial, port = self._identity
        return HidNode(path, 0x03, vendor, product, name, serial, port, self._bytes)

    def open(self) -> VirtualHandle:
        """Open it; any number of openers each get every report, as with hidraw."""
        with self._lock:
            if self.refuse_open is not None:
                raise self.refuse_open
            if not self.plugged:
                raise DeviceGone("the virtual headset is gone: plug it in again")
            handle = VirtualHandle(self.write, self.write_feature, self.forget)
            self._handles.append(handle)
            return handle

    @property
    def openers(self) -> int:
        """How many handles are open."""
        return len(self._handles)

    def unplug(self) -> None:
        """Pull it out: every read and write ends, lamps and keys are forgotten."""
        with self._lock:
            self.plugged = False
            self.pressed_hook = False
            self._bits.clear()
            self._outputs.clear()
            self._presses += 1
            self.lamps = self._read_lamps()
            for handle in tuple(self._handles):
                handle.end()

    def plug(self) -> None:
        """Put it back; handles from before stay dead."""
        with self._lock:
            self._handles.clear()
            self.plugged = True

    # -- what a hand does -----------------------------------------------------

    @property
    def hook(self) -> bool:
        """The hook bit as last reported."""
        return self.pressed_hook

    def press(self, key: str) -> None:
        """Press and release a key.

        Args:
            key: a name of ``KEYS``, a digit among them; nothing happens if the device lacks it.

        Raises:
            KeyError: no key of any device is called that.
        """
        usages = KEYS[key]
        with self._lock:
            if not self.plugged:
                return
            if key == "hook":
                self._press_hook()
            elif key == "mute":
                self._press_mute()
            else:
                self._pulse(usages)

    def send(self, report: bytes) -> None:
        """Send any bytes, such as those of a recording or no report at all."""
        with self._lock:
            self.sent += 1
            for handle in self._handles:
                handle.put(report)

    def _press_hook(self) -> None:
        self._set_hook(on=not self.pressed_hook)
        self._presses += 1
        mine, mood = self._presses, self.temperament
        if not self.pressed_hook:
            return
        if mood.hook_pulse_s:
            self._clock.after(mood.hook_pulse_s, lambda: self._fall(mine))
        elif mood.reverts_s and not self.lamps["off_hook"]:
            self._clock.after(mood.reverts_s, lambda: self._revert(mine))

    def _fall(self, press: int) -> None:
        """End a hook pulse."""
        with self._lock:
            if self.plugged and press == self._presses and self.pressed_hook:
                self._set_hook(on=False)

    def _revert(self, press: int) -> None:
        """Take an unanswered press back."""
        with self._lock:
            if self.plugged and press == self._presses and not self.lamps["off_hook"]:
                self._set_hook(on=False)

    def _press_mute(self) -> None:
        mood = self.temperament
        if mood.mute_in_calls_only and not (self.pressed_hook or self.lamps["off_hook"]):
            return
        if mood.mute_needs_answer and self._mute_owed:
            return
        self._mute_owed = True
        self._pulse(KEYS["mute"])

    def _pulse(self, usages: tuple[str, ...]) -> None:
        """Send a key going down and up."""
        field, value = self._find(Kind.INPUT, usages)
        if field is None:
            return
        self._set(field, value)
        self._report(field.report)
        self._set(field, 0)
        self._report(field.report)

    # -- what the host writes -------------------------------------------------

    def write(self, report: bytes) -> None:
        """Take an output report as the device would, or refuse it."""
        with self._lock:
            self._check(Kind.OUTPUT, report)
            self.written.append(report)
            self._outputs[report[0]] = int.from_bytes(report[1:], "little")
            before, self.lamps = self.lamps, self._read_lamps()
            self._react(before)
            self._lift_if_told(report[0])

    def write_feature(self, report: bytes) -> None:
        """Take a feature report, or refuse it; tests see it in ``features``."""
        with self._lock:
            self._check(Kind.FEATURE, report)
            self.features.append(report)

    def _check(self, kind: Kind, report: bytes) -> None:
        """Refuse what the device has no such report for."""
        if not self.plugged:
            raise DeviceGone("the virtual headset is gone: plug it in again")
        if self.refuse_writes is not None:
            raise self.refuse_writes
        number = report[0] if report else -1
        expected = self._descriptor.report_bytes(kind, number) if number >= 0 else 0
        if not expected or len(report) != expected + 1:
            raise TransportError(
                f"the virtual headset refused {kind.value} report {number}: expected "
                f"{expected} bytes after the id, found {len(report) - 1}"
            )

    def _react(self, before: dict[str, bool]) -> None:
        """Do what the device does when its lamps change."""
        mood, lamps = self.temperament, self.lamps
        if lamps["mute"] != before["mute"] or lamps["microphone"] != before["microphone"]:
            self._mute_owed = False
            if self.boom_arm_up and not (lamps["mute"] or lamps["microphone"]):
                self._pulse(KEYS["mute"])  # "no": a raised arm keeps the microphone off
        if lamps["off_hook"] != before["off_hook"]:
            self._presses += 1  # answered: nothing is taken back any more
            if mood.echoes_hook and self.pressed_hook != lamps["off_hook"]:
                self._set_hook(on=lamps["off_hook"])
            flickers = mood.resume_flickers and lamps["off_hook"] and before["hold"]
            if flickers and self.pressed_hook:
                self._set_hook(on=False)
                self._set_hook(on=True)
        if lamps["ring"] and not before["ring"] and mood.busy_on_ring:
            self._set_flag("line_busy", on=True)
            self._report_of("hook")

    def _lift_if_told(self, number: int) -> None:
        """Go off-hook again when told anew after a press (end and answer), and say so."""
        field, _ = self._find(Kind.OUTPUT, (LAMPS["off_hook"],))
        told = field is not None and field.report == number and self.lamps["off_hook"]
        if told and self.temperament.echoes_hook and not self.pressed_hook:
            self._set_hook(on=True)

    # -- bits -----------------------------------------------------------------

    def _set_hook(self, *, on: bool) -> None:
        self.pressed_hook = on
        self._set_flag("hook", on=on)
        if self.temperament.busy_flag:
            self._set_flag("line_busy", on=on)
        self._report_of("hook")

    def _set_flag(self, key: str, *, on: bool) -> None:
        field, _ = self._find(Kind.INPUT, KEYS[key])
        if field is not None:
            self._set(field, int(on))

    def _report_of(self, key: str) -> None:
        field, _ = self._find(Kind.INPUT, KEYS[key])
        if field is not None:
            self._report(field.report)

    def _find(self, kind: Kind, usages: tuple[str, ...]) -> tuple[Field | None, int]:
        """Return the first field with one of the usages, and the value that means it."""
        for usage in usages:
            for field in self._descriptor.fields:
                names = [str(one) for one in field.usages]
                inside = any(one.page == 0x0B for one in field.collections)
                if field.kind is not kind or usage not in names:
                    continue
                if not inside and not usage.startswith(("0c", "ff")):
                    continue
                if not field.array:
                    return field, 1
                return field, 1 if field.size == 1 else field.logical[0] + names.index(usage)
        return None, 0

    def _set(self, field: Field, value: int) -> None:
        mask = ((1 << field.size) - 1) << field.bit
        bits = self._bits.get(field.report, 0)
        self._bits[field.report] = (bits & ~mask) | (value << field.bit)

    def _report(self, number: int) -> None:
        """Send a report as it stands."""
        length = self._descriptor.report_bytes(Kind.INPUT, number)
        payload = self._bits.get(number, 0).to_bytes(length, "little")
        report = bytes([number]) + payload if self._descriptor.numbered else payload
        for _ in range(2 if self.temperament.double_frames else 1):
            self.send(report)

    def _read_lamps(self) -> dict[str, bool]:
        """Return every lamp, those the device lacks as off."""
        lamps = {}
        for name, usage in LAMPS.items():
            field, _ = self._find(Kind.OUTPUT, (usage,))
            bits = 0 if field is None else self._outputs.get(field.report, 0)
            lamps[name] = field is not None and bool(bits >> field.bit & 1)
        return lamps

    def forget(self, handle: VirtualHandle) -> None:
        """Drop an opener."""
        with self._lock:
            if handle in self._handles:
                self._handles.remove(handle)
