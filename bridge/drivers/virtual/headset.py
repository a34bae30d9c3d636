"""A headset made of a real report descriptor and a temperament: the twin of hidraw.

It speaks bytes only, and reads and sets bits by code of its own (``hid_bits``).
"""

import threading
from collections import deque

from bridge.drivers.ports import HidNode
from bridge.drivers.virtual.hid_bits import KEYS, LAMPS, Bits
from bridge.drivers.virtual.hid_clock import DeviceClock, RealClock
from bridge.drivers.virtual.hid_handle import VirtualHandle
from bridge.drivers.virtual.mute_key import MuteKey
from bridge.drivers.virtual.temperament import PLAIN, Temperament
from bridge.model.errors import DeviceGone, TransportError
from bridge.protocols.hid_descriptor import Kind

__all__ = ["KEYS", "LAMPS", "VirtualHeadset"]

BETWEEN_NOS_S = 0.2  # between two on-hook reports that mean "no"; nobody has measured it
REMEMBERED_WRITES = 256  # of ``lamp_log``


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
        self.temperament = temperament
        self.refuse_open: TransportError | None = None
        self.refuse_writes: TransportError | None = None
        self.boom_arm_up = False
        self.written: list[bytes] = []
        self.features: list[bytes] = []
        self.sent = 0  # reports, since it was made
        self.lamp_log: deque[frozenset[str]] = deque(maxlen=REMEMBERED_WRITES)  # after each write
        self.pressed_hook = False
        self.plugged = True
        self._bytes = descriptor
        self._bits = Bits(descriptor)
        self._clock = clock or RealClock()
        self._identity = (vendor_id, product_id, name, serial, port)
        self._lock = threading.RLock()
        self._handles: list[VirtualHandle] = []
        self._presses = 0
        self._answers = 0  # changes of the Off-Hook lamp
        self._echoes: list[tuple[int, bool]] = []  # under way: presses before it, hook
        self._mute = MuteKey(temperament, self._bits, self._report)
        self.lamps = self._bits.lamps()

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

    def forget(self, handle: VirtualHandle) -> None:
        """Drop an opener."""
        with self._lock:
            if handle in self._handles:
                self._handles.remove(handle)

    @property
    def openers(self) -> int:
        """How many handles are open."""
        return len(self._handles)

    def rests(self, timeout_s: float) -> bool:
        """Wait until every reader has taken what there is; say whether that came true."""
        with self._lock:
            handles = tuple(self._handles)
        return all(handle.rests(timeout_s) for handle in handles)

    def unplug(self) -> None:
        """Pull it out: every read and write ends, lamps and keys are forgotten."""
        with self._lock:
            self.plugged = False
            self.pressed_hook = False
            self._mute.owed = False
            self._bits.clear()
            self._presses += 1
            self._answers += 1
            self.lamps = self._bits.lamps()
            for handle in tuple(self._handles):
                handle.end()

    def plug(self) -> None:
        """Put it back; handles from before stay dead."""
        with self._lock:
            self._handles.clear()
            self.plugged = True

    def renumber(self, product_id: int) -> None:
        """Show another product id the next time it is plugged in, as adapters do with a link."""
        vendor, _, name, serial, port = self._identity
        self._identity = (vendor, product_id, name, serial, port)

    # -- what a hand does -----------------------------------------------------

    @property
    def hook(self) -> bool:
        """The hook bit as last reported."""
        return self.pressed_hook

    def has(self, key: str) -> bool:
        """Whether its descriptor has a key, flag or digit of ``KEYS``."""
        return self._bits.has(key)

    def has_lamp(self, lamp: str) -> bool:
        """Whether its descriptor has a lamp of ``LAMPS``."""
        return self._bits.has_lamp(lamp)

    def are_together(self, one: str, other: str) -> bool:
        """Whether two keys are in one report."""
        reports = {self._bits.report_of(key)[:1] for key in (one, other)}
        return self._bits.numbered and len(reports) == 1

    def press(self, key: str) -> None:
        """Press and release a key.

        Args:
            key: a name of ``KEYS``, a digit among them; nothing happens if the device lacks it.

        Raises:
            KeyError: no key of any device is called that.
        """
        with self._lock:
            if not self.plugged:
                return
            if key == "reject" and not self._bits.has(key):
                self.say_no()
            elif not self._bits.has(key):
                return
            elif key == "hook":
                self._press_hook()
            elif key == "mute":
                self._press_mute()
            else:
                self._pulse(key)

    def send(self, report: bytes) -> None:
        """Send any bytes, such as those of a recording or no report at all."""
        with self._lock:
            self.sent += 1
            for handle in self._handles:
                handle.put(report)

    def hold_down(self, key: str) -> None:
        """Press a key and keep the finger on it."""
        with self._lock:
            self._bits.set(key, on=True)
            self._report(key)

    def let_go(self, key: str) -> None:
        """Take the finger off a key."""
        with self._lock:
            self._bits.set(key, on=False)
            self._report(key)

    def say_no(self) -> None:
        """Say on-hook while it rings, as often as this device does it to reject."""
        if not self.lamps["ring"]:
            return
        self.repeat()
        for more in range(1, self.temperament.says_no_by_on_hook):
            self._clock.after(more * BETWEEN_NOS_S, self.repeat)

    def repeat(self) -> None:
        """Send the report with the hook as it stands, though nothing changed."""
        with self._lock:
            if self.plugged:
                self._report("hook")

    def drop_hook(self) -> None:
        """Say on-hook though nobody touched it."""
        with self._lock:
            self._set_hook(on=False)

    def move_boom_arm(self, *, up: bool) -> None:
        """Turn the microphone arm; on a device that tells it, that is a mute press."""
        with self._lock:
            moved, self.boom_arm_up = up != self.boom_arm_up, up
            if moved:
                self._press_mute()

    def power_off(self) -> None:
        """Switch a wireless headset off: its dongle says on-hook and that the link is gone."""
        with self._lock:
            self._presses += 1
            self.pressed_hook = False
            self._set_flags(hook=False, in_use=False)
            self._report("hook")

    def wake_up_dark(self) -> None:
        """Have lost all lamps and the hook while the machine slept, and say on-hook."""
        with self._lock:
            self._presses += 1
            self._answers += 1
            self.pressed_hook = False
            self._bits.clear()
            self.lamps = self._bits.lamps()
            self._report("hook")

    def lose_link(self) -> None:
        """Leave the range of the dongle: the line flag falls, nothing else is told."""
        with self._lock:
            self._bits.set("line", on=False)
            if self._bits.has("line"):
                self._report("line")

    def _press_hook(self) -> None:
        mood = self.temperament
        if mood.deaf_while_second_rings and self.lamps["off_hook"] and self.lamps["ring"]:
            return
        if self._bits.is_key("hook"):
            self._pulse("hook")
            return
        if mood.hook_comes_late and self.lamps["ring"] and not self.pressed_hook:
            self._bits.set("line_busy", on=True)
            self._report("hook")
        self._presses += 1
        mine, answers = self._presses, self._answers
        self._set_hook(on=not self.pressed_hook)
        if not self.pressed_hook:
            return
        if mood.hook_pulse_s:
            self._clock.after(mood.hook_pulse_s, lambda: self._fall(mine))
        elif mood.reverts_s and not self.lamps["off_hook"]:
            self._clock.after(mood.reverts_s, lambda: self._revert(mine, answers))

    def _fall(self, press: int) -> None:
        """End a hook pulse, whatever the host has made of it."""
        with self._lock:
            if self.plugged and press == self._presses and self.pressed_hook:
                self._set_hook(on=False)

    def _revert(self, press: int, answers: int) -> None:
        """Take an unanswered press back."""
        with self._lock:
            if self.plugged and (press, answers) == (self._presses, self._answers):
                self._set_hook(on=False)

    def _press_mute(self) -> None:
        if not self.temperament.mute_in_calls_only or self.pressed_hook or self.lamps["off_hook"]:
            self._mute.press()

    def _pulse(self, key: str) -> None:
        """Send a key going down and up."""
        for on in (True, False):
            self._bits.set(key, on=on)
            self._report(key)

    # -- what the host writes -------------------------------------------------

    def write(self, report: bytes) -> None:
        """Take an output report as the device would, or refuse it."""
        with self._lock:
            self._check(Kind.OUTPUT, report)
            self.written.append(report)
            self._bits.take(report)
            before, self.lamps = self.lamps, self._bits.lamps()
            self.lamp_log.append(frozenset(name for name, on in self.lamps.items() if on))
            if any(self._bits.is_in(lamp, report[0]) for lamp in ("mute", "microphone")):
                # A raised arm keeps the microphone off, whatever it is told.
                stays_off = self.boom_arm_up and self.lamps["off_hook"]
                self._mute.follow(
                    on=self.lamps["mute"] or self.lamps["microphone"], stays_off=stays_off
                )
            self._react(before)
            if self._bits.is_in("off_hook", report[0]) and self.lamps["off_hook"]:
                self._follow()  # told anew after a press, as after end and answer

    def write_feature(self, report: bytes) -> None:
        """Take a feature report, or refuse it; tests see it in ``features``."""
        with self._lock:
            self._check(Kind.FEATURE, report)
            self.features.append(report)

    def compose(self, *lamps: str) -> list[bytes]:
        """Return the reports by which another program would light exactly these lamps."""
        return self._bits.compose(frozenset(lamps))

    def _check(self, kind: Kind, report: bytes) -> None:
        """Refuse what the device has no such report for."""
        if not self.plugged:
            raise DeviceGone("the virtual headset is gone: plug it in again")
        if self.refuse_writes is not None:
            raise self.refuse_writes
        number = report[0] if report else -1
        expected = self._bits.report_bytes(kind, number) if number >= 0 else 0
        if not expected or len(report) != expected + 1:
            raise TransportError(
                f"the virtual headset refused {kind.value} report {number}: expected "
                f"{expected} bytes after the id, found {len(report) - 1}"
            )

    def _react(self, before: dict[str, bool]) -> None:
        """Do what the device does when its lamps change."""
        mood, lamps = self.temperament, self.lamps
        changed = {name for name, on in lamps.items() if on != before[name]}
        if changed & {"mute", "microphone"}:
            self._mute.owed = False
        if "off_hook" in changed:
            self._answers += 1  # nothing is taken back any more
            self._mute.owed = False
            self._follow()
            if mood.resume_flickers and lamps["off_hook"] and before["hold"] and self.pressed_hook:
                self._set_hook(on=False)
                self._set_hook(on=True)
        if "ring" in changed and mood.busy_on_ring:
            self._say_busy()
        opened = {"off_hook", "mute", "microphone"} & changed and lamps["off_hook"]
        if self.boom_arm_up and opened and not (lamps["mute"] or lamps["microphone"]):
            self._mute.refuse()

    def _follow(self) -> None:
        """Let hook and flags follow the Off-Hook lamp, where they do."""
        mood, on = self.temperament, self.lamps["off_hook"]
        stays = not mood.echoes_hook or self._bits.is_key("hook")
        queued = [hook for since, hook in self._echoes if since == self._presses]
        if stays or on == (queued[-1] if mood.echoes_all and queued else self.pressed_hook):
            self._say_busy()
        elif mood.echo_after_s:
            self._echoes.append((self._presses, on))
            since = self._newest()
            self._clock.after(mood.echo_after_s, lambda: self._echo(since, on=on))
        else:
            self._set_hook(on=on)

    def _newest(self) -> int:
        """What overtakes an echo: a press, or the host's next word as well."""
        return self._presses if self.temperament.echoes_all else self._answers

    def _echo(self, since: int, *, on: bool) -> None:
        """Echo late, unless something newer has overtaken it."""
        with self._lock:
            del self._echoes[:1]
            if self.plugged and since == self._newest() and self.pressed_hook != on:
                self._set_hook(on=on)

    # -- bits -----------------------------------------------------------------

    def _set_hook(self, *, on: bool) -> None:
        self.pressed_hook = on
        self._set_flags(hook=on, in_use=self._is_in_use())
        self._report("hook")

    def _is_in_use(self) -> bool:
        rings = self.lamps["ring"] and self.temperament.busy_on_ring
        return self.pressed_hook or self.lamps["off_hook"] or rings

    def _say_busy(self) -> None:
        """Tell that some program has the device, if that changed and the device tells it."""
        in_use = self._is_in_use()
        tells = self.temperament.busy_flag and self._bits.has("line_busy")
        if tells and self._bits.get("line_busy") != in_use:
            self._set_flags(hook=self.pressed_hook, in_use=in_use)
            self._report("line_busy")

    def _set_flags(self, *, hook: bool, in_use: bool) -> None:
        self._bits.set("hook", on=hook)
        if self.temperament.busy_flag:
            self._bits.set("line_busy", on=in_use)
        if self.temperament.link_flag:
            self._bits.set("line", on=in_use)

    def _report(self, key: str) -> None:
        """Send the report with a key as it stands."""
        for _ in range(2 if self.temperament.double_frames else 1):
            self.send(self._bits.report_of(key))
