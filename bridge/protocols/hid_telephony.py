"""HID telephony reports: bytes to control changes, indications to bytes.

Report: id byte (if the device numbers its reports), then bits, lowest bit of the first byte first.
The page ``hid_telephony.md`` has examples, the traps and the reasons.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from bridge.model.hid import Control, ControlChange, Indication, Lamp, Malformed, Style
from bridge.profiles.model import LampPolicy
from bridge.protocols.hid_layout import Input, Layout

SHOWN_BYTES = 64  # of a malformed report; longer ones tell nothing more

# States of a device, as opposed to keys that rest at 0: only these can be on before anybody
# pressed anything.
STATES = frozenset({Control.HOOK, Control.LINE, Control.LINE_BUSY, Control.SPEAKER_PHONE})

DEFAULT_LAMPS = LampPolicy()


class Decoder:
    """Remembers the last report of each id of one device and tells what changed.

    A device sends nothing when it is opened: its first report comes with its first change. So
    the first report is *compared with all bits 0*, the state of a device at rest. Taken as a
    mere starting point it would swallow the very first press of the answer key.

    That the hook may be up already (another program has a call on the headset) is seen from
    the first report itself: when a key is down in it, the key is why it was sent, and a hook
    or busy bit beside it was set before. Such bits are taken over silently.

    ``tells_on_hook`` may be set while a call rings and the hook is down: then each report that
    shows no key and no hook change tells the hook that is down anew. Devices without a reject
    key say "no" that way (Poly, Gigaset); nothing changed, so nothing else would tell.

    Args:
        layout: where the controls are.
        at_rest: False when the device may be off-hook now (opened again in the middle of a
            call): then hook and busy bits of the first report are taken over in any case. Set it
            once the device is shown on-hook: from then on nobody has lifted anything.
    """

    def __init__(self, layout: Layout, *, at_rest: bool = True) -> None:
        self._layout = layout
        self.at_rest = at_rest
        self.tells_on_hook = False
        self._last: dict[int, int] = {}
        self._inputs: dict[int, tuple[tuple[Input, int], ...]] = {
            report: tuple((one, _mask(one)) for one in layout.inputs if one.report == report)
            for report in layout.input_bytes
        }

    def decode(self, report: bytes) -> list[ControlChange | Malformed]:
        """Return the controls that changed since the previous report of the same id.

        Args:
            report: one input report as read from hidraw, 0..4096 bytes, id first if the device
                numbers its reports.

        Returns:
            Changes in bit order, releases before presses; empty when nothing changed or the
            report is not ours; one ``Malformed`` when its length is wrong. Never raises.

        Source:
            HID 1.11 section 5.6 and 6.2.2.5; HID Usage Tables 1.3, page 0x0B.
        """
        if not report:
            return [Malformed("expected a report, found nothing", b"")]
        number, payload = (report[0], report[1:]) if self._layout.numbered else (0, report)
        inputs = self._inputs.get(number)
        if inputs is None:
            return []
        expected = self._layout.input_bytes[number]
        if len(payload) != expected:
            found = f"expected {expected} bytes in report {number}, found {len(payload)}"
            return [Malformed(found, report[:SHOWN_BYTES])]
        now = int.from_bytes(payload, "little")
        before = self._before(number, now, inputs)
        self._last[number] = now
        changes = list(_changes(inputs, before, now))
        if self.tells_on_hook and _says_on_hook(inputs, now, changes):
            changes.append(ControlChange(Control.HOOK, on=False))
        return list(changes)

    def _before(self, number: int, now: int, inputs: tuple[tuple[Input, int], ...]) -> int:
        """Return the bits this report is compared with."""
        last = self._last.get(number)
        if last is not None:
            return last
        rest = _union(now & mask for one, mask in inputs if is_resting(one, now))
        if not self.at_rest:  # "muted" is told: nobody in a call may believe the contrary
            return rest | _union(now & mask for one, mask in inputs if one.control in STATES)
        keys = (one for one, _ in inputs if not _is_state(one) and one.last is None)
        if not any(_is_on(one, now) for one in keys):
            return rest
        return rest | _union(now & mask for one, mask in inputs if _is_state(one))


def _is_state(one: Input) -> bool:
    """Say whether a control may have been on before anybody pressed anything."""
    muted = one.control is Control.MUTE and one.style is Style.LEVEL
    return muted or one.control in STATES


def _changes(
    inputs: tuple[tuple[Input, int], ...], before: int, now: int
) -> Iterator[ControlChange]:
    """Yield what differs, in bit order."""
    pressed: list[ControlChange] = []
    place = None
    differs = before ^ now
    for one, mask in inputs:
        if not differs & mask and one.style is not Style.ON_OFF:
            continue
        if (one.report, one.bit) != place:  # releases come before presses of the same field
            yield from pressed
            pressed.clear()
            place = (one.report, one.bit)
        if one.style is Style.ON_OFF:
            if (value := _signed(one, now)) != 0:
                yield ControlChange(one.control, value > 0, one.key)
        elif one.last is not None and not is_resting(one, before if _is_on(one, now) else now):
            continue  # 0 is a key beside the rest only: many devices rest at 0 all the same
        elif (on := _is_on(one, now)) != _is_on(one, before):
            change = ControlChange(one.control, on, one.key)
            if on:
                pressed.append(change)
            else:
                yield change
    yield from pressed


def _says_on_hook(
    inputs: tuple[tuple[Input, int], ...], now: int, changes: list[ControlChange]
) -> bool:
    """Say whether a report has a hook that is down and nothing else to tell."""
    # The link opens before the hook rises: that is somebody about to answer.
    if any(one.control in {Control.HOOK, Control.LINE} for one in changes):
        return False
    if any(one.control not in STATES for one in changes):
        return False
    return any(
        one.control is Control.HOOK and one.style is Style.LEVEL and not now & mask
        for one, mask in inputs
    )


def _mask(one: Input) -> int:
    return ((1 << one.size * one.count) - 1) << one.bit


def _is_on(one: Input, bits: int) -> bool:
    """Say whether a control is on in a report."""
    field = (bits & _mask(one)) >> one.bit
    if one.value is None:
        return field != 0
    element = (1 << one.size) - 1
    return any((field >> i * one.size) & element == one.value for i in range(one.count))


def is_resting(one: Input, bits: int) -> bool:
    """Say whether the array of a control of index 0 holds a value out of range: no key.

    Args:
        one: any control; without such an index it says nothing of rest.
        bits: a report without its id, first byte lowest.
    """
    if one.last is None:
        return False
    field, element = (bits & _mask(one)) >> one.bit, (1 << one.size) - 1
    return any((field >> i * one.size) & element > one.last for i in range(one.count))


def _union(bits: Iterable[int]) -> int:
    return reduce(or_, bits, 0)


def _signed(one: Input, bits: int) -> int:
    """Return the value of a field of two or more bits with its sign."""
    field = (bits & _mask(one)) >> one.bit
    return field - (1 << one.size) if field >> (one.size - 1) and one.size > 1 else field


class Encoder:
    """Turns an indication into output reports, each with all its bits.

    Args:
        layout: where the lamps are.
        policy: which lamps follow what.
    """

    def __init__(self, layout: Layout, policy: LampPolicy = DEFAULT_LAMPS) -> None:
        self._layout = layout
        self._policy = policy
        self._used = frozenset(self.lamps(Indication()))
        self._encoded: dict[Indication, dict[int, bytes]] = {}  # at most 64

    def lamps(self, indication: Indication) -> dict[Lamp, bool]:
        """Return the lamps of this device that follow the indication, and what they show."""
        ring = indication.ring and (self._policy.ring_in_call or not indication.off_hook)
        wanted = {
            Lamp.HOST: ring or indication.off_hook or indication.hold,
            Lamp.RING: ring,
            Lamp.OFF_HOOK: indication.off_hook,
            **dict.fromkeys(sorted(self._policy.mute, key=lambda one: one.value), indication.mute),
        }
        if self._policy.hold:
            wanted[Lamp.HOLD] = indication.hold
        if self._policy.ringer:
            wanted[Lamp.RINGER] = ring
        if self._policy.on_line:
            wanted[Lamp.ON_LINE] = indication.off_hook
        wanted[Lamp.MESSAGE_WAITING] = indication.message_waiting
        wanted[Lamp.DO_NOT_DISTURB] = indication.do_not_disturb
        return {lamp: on for lamp, on in wanted.items() if lamp in self._layout.lamps}

    def encode(self, indication: Indication) -> dict[int, bytes]:
        """Return each output report that has a lamp we use, with every bit of it.

        Args:
            indication: what to show.

        Returns:
            Report id (0 = none) to the bytes to write: the id byte, 0 for unnumbered reports,
            and exactly the declared length. In the order to write them in: ring first; hold
            is lit before the hook goes down and cleared after it went up (Jabra's diagrams).
        """
        known = self._encoded.get(indication)
        if known is None:
            known = self._encoded[indication] = self._encode(indication)
        return dict(known)

    @property
    def muting(self) -> frozenset[int]:
        """The reports with a mute lamp we use: it is said anew, even if dark, when we lift."""
        lamps = {Lamp.MUTE, Lamp.MICROPHONE} & self._used
        return frozenset(one.report for one in self._layout.outputs if one.lamp in lamps)

    def before(self, data: bytes) -> bytes | None:
        """Return what must be written just before a report that lifts the hook, if anything.

        Args:
            data: a report of ``encode``.

        Returns:
            The same report with Off-Hook 0, for devices that only heed the change.
        """
        if not self._policy.off_before_on:
            return None
        for one in self._layout.outputs:
            if one.lamp is Lamp.OFF_HOOK and one.report == data[0]:
                bits = int.from_bytes(data[1:], "little")
                place = ((1 << one.size) - 1) << one.bit
                if bits & place == one.bits(on=True):
                    cleared = (bits & ~place) | one.bits(on=False)
                    return data[:1] + cleared.to_bytes(len(data) - 1, "little")
        return None

    def _encode(self, indication: Indication) -> dict[int, bytes]:
        shown = self.lamps(indication)
        bits: dict[int, int] = {}
        for one in sorted(self._layout.outputs, key=lambda one: _order(one.lamp, indication)):
            if one.lamp not in self._used:
                continue
            bits[one.report] = bits.get(one.report, 0) | one.bits(on=shown[one.lamp])
        return {
            report: bytes([report]) + value.to_bytes(self._layout.output_bytes[report], "little")
            for report, value in bits.items()
        }


def _order(lamp: Lamp, indication: Indication) -> int:
    """Return when a lamp's report is written, for devices with one report per lamp."""
    if lamp is Lamp.HOST:  # says that the other lamps of its page mean anything
        return -1 if indication.off_hook or indication.ring or indication.hold else len(Lamp)
    up = (Lamp.RING, Lamp.RINGER, Lamp.ON_LINE, Lamp.OFF_HOOK, Lamp.MUTE, Lamp.MICROPHONE)
    down = (Lamp.RING, Lamp.RINGER, Lamp.HOLD, Lamp.OFF_HOOK, Lamp.ON_LINE, Lamp.MUTE)
    order = up if indication.off_hook else down
    return order.index(lamp) if lamp in order else len(order)
