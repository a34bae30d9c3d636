"""From the fields of a descriptor to lamps. The rules are in ``hid_telephony.md``."""

from collections.abc import Iterable, Iterator

from bridge.model.hid import Lamp
from bridge.profiles.model import OutputRule
from bridge.protocols.hid_descriptor import Descriptor, Field, Kind, Usage
from bridge.protocols.hid_layout import Output
from bridge.protocols.hid_named import named_outputs, output_of
from bridge.protocols.hid_places import TELEPHONY, Telephone, fits

LED = 0x08
LAMPS = {  # page 0x08
    0x08: Lamp.DO_NOT_DISTURB,
    0x09: Lamp.MUTE,
    0x17: Lamp.OFF_HOOK,
    0x18: Lamp.RING,
    0x19: Lamp.MESSAGE_WAITING,
    0x1E: Lamp.SPEAKER,
    0x20: Lamp.HOLD,
    0x21: Lamp.MICROPHONE,
    0x2A: Lamp.ON_LINE,
}
RINGER = 0x9E  # page 0x0B, an output


def find_lamps(
    descriptor: Descriptor,
    telephone: Telephone,
    places: Iterable[OutputRule],
    notes: list[str],
    *,
    standard: bool,
) -> list[Output]:
    """Return one place per lamp: what the profile says, then what the descriptor says.

    Args:
        descriptor: what the device declares.
        telephone: its telephony collections.
        places: what its profile says about lamps.
        notes: told what was left out.
        standard: lamps of the standard pages count.
    """
    lamps = list(_lamps(descriptor, telephone, notes)) if standard else []
    kept = {one.lamp: one for one in named_outputs(descriptor, places, notes)}
    for place in places:
        if place.report is None or place.bit is None:
            continue
        if fits(descriptor, Kind.OUTPUT, place.report, place.bit):
            kept[place.lamp] = Output(place.lamp, place.report, place.bit, 1, None)
        else:
            notes.append(f"{place.lamp.value}: the profile's place is not in this device")
    for one in lamps:
        first = kept.get(one.lamp)
        if first is None or (
            first.usage is None and (first.report, first.bit) == (one.report, one.bit)
        ):
            kept[one.lamp] = one
        elif first.usage == one.usage:
            notes.append(f"{one.lamp.value}: {one.usage} again in report {one.report}, ignored")
    return _no_bit_twice(kept.values())


def _no_bit_twice(outputs: Iterable[Output]) -> list[Output]:
    """Keep the first lamp of each bit: a profile may use one lamp as another."""
    kept: dict[tuple[int, int], Output] = {}
    for one in outputs:
        kept.setdefault((one.report, one.bit), one)
    return list(kept.values())


def _lamps(descriptor: Descriptor, telephone: Telephone, notes: list[str]) -> Iterator[Output]:
    """Yield every lamp of the standard pages, several times where it is declared several times."""
    for field in descriptor.fields:
        if field.kind is Kind.INPUT or not _belongs(field, telephone):
            continue
        for usage in field.usages:
            lamp = _lamp(usage)
            if lamp is None:
                continue
            odd = _oddity(field)
            if odd:
                notes.append(f"{lamp.value}: {usage} in report {field.report} is {odd}")
            if field.kind is Kind.OUTPUT and not field.array:
                yield output_of(lamp, field)


def _belongs(field: Field, telephone: Telephone) -> bool:
    """Say whether lamps of a field are those of the telephone: a collection of lamps is no key."""
    alone = bool(field.collections) and all(one.page == LED for one in field.collections)
    return telephone.has(field) or alone


def _oddity(field: Field) -> str:
    """Return what is unusual about a lamp, empty for nothing."""
    if field.kind is Kind.FEATURE:
        return "a feature, not written"
    if field.array:
        return "an index of an array, not written"
    if field.relative and field.logical[0] >= 0:
        return "declared relative, written as a level"
    return f"{field.count} values, the first is written" if field.count > 1 else ""


def _lamp(usage: Usage) -> Lamp | None:
    if usage.page == TELEPHONY:
        return Lamp.RINGER if usage.id == RINGER else None
    return LAMPS.get(usage.id) if usage.page == LED else None
