"""What was made of a device, for people and programs: ``offhook devices explain``.

The JSON form is stable; its keys are described in ``hid_telephony.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from typing import NotRequired, TypedDict

from bridge.model.hid import Conduct, Control, Indication
from bridge.profiles.library import Identity, Library
from bridge.profiles.model import LampPolicy
from bridge.protocols.hid_descriptor import Descriptor, Kind, Unusable, Usage, parse
from bridge.protocols.hid_layout import Input, Layout, LeftAlone, Output
from bridge.protocols.hid_roles import find_roles
from bridge.protocols.hid_telephony import Encoder

COLLECTIONS = {  # HID Usage Tables 1.3
    "0b/01": "phone",
    "0b/04": "handset",
    "0b/05": "headset",
    "0c/01": "consumer control",
    "ff99/01": "Teams",
    "ffa0/03": "Plantronics",
    "ffa2/03": "Plantronics",
}


LIFTING = frozenset({"outgoing", "active"})  # entered by writing Off-Hook 1 after 0


class PlaceFacts(TypedDict):
    """Where a control or lamp is."""

    report: int
    bit: int
    size: int
    style: str
    usage: str


class RoleFacts(PlaceFacts):
    """One control: its first place, and the others it has; ``keys`` for the key pad only."""

    keys: NotRequired[str]
    also: NotRequired[list[PlaceFacts]]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is known about one device.

    Args:
        source: what was asked about.
        name: product string.
        vendor, product: 0..0xFFFF, 0 when the source does not say.
        collections: usages of the top-level collections.
        roles: control to its place; report ids as integers, 0 = none; bits counted from the
            first bit after the report id.
        outputs: lamp to its place.
        profile: id of the profile that applies.
        why: why that profile, and what was left out of the descriptor.
        conduct: how the profile says it behaves.
        at_open: feature reports written when it is opened, in hexadecimal with the report id.
        writes: call state to the reports that show it, in hexadecimal with the report id.
        left_alone: why the device is not used; empty when it is.
        device: its identity while it is plugged in, else empty.
    """

    source: str
    name: str
    vendor: int
    product: int
    collections: tuple[str, ...]
    roles: Mapping[str, RoleFacts] = field(default_factory=dict)
    outputs: Mapping[str, PlaceFacts] = field(default_factory=dict)
    profile: str = ""
    why: tuple[str, ...] = ()
    conduct: Mapping[str, str | float | bool] = field(default_factory=dict)
    at_open: tuple[str, ...] = ()
    writes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    left_alone: str = ""
    device: str = ""

    def to_json(self) -> dict[str, object]:
        """Return the stable form for programs; every value is plain."""
        return {
            "schema": 1,
            "source": self.source,
            "device": self.device,
            "name": self.name,
            "vendor": f"{self.vendor:04x}",
            "product": f"{self.product:04x}",
            "used": not self.left_alone,
            "left_alone": self.left_alone,
            "collections": list(self.collections),
            "roles": {name: dict(role) for name, role in self.roles.items()},
            "outputs": {name: dict(output) for name, output in self.outputs.items()},
            "profile": self.profile,
            "why": list(self.why),
            "conduct": dict(self.conduct),
            "at_open": list(self.at_open),
            "writes": {state: list(reports) for state, reports in self.writes.items()},
        }

    def to_text(self) -> str:
        """Return the same for people."""
        title = self.name or "a device without a name"
        lines = [f"{title} ({self.vendor:04x}:{self.product:04x}), {self.source}"]
        lines += [f"device: {self.device}"] if self.device else []
        named = (
            f"{one} {COLLECTIONS[one]}" if one in COLLECTIONS else one for one in self.collections
        )
        lines.append("collections: " + (", ".join(named) or "none"))
        if self.left_alone:
            return "\n".join([*lines, f"left alone: {self.left_alone}"]) + "\n"
        lines.append(f"profile: {self.profile}")
        lines += [f"  because {reason}" for reason in self.why]
        lines += self._places()
        lines += [f"written at opening: {' | '.join(self.at_open)}"] if self.at_open else []
        lines.append("written:")
        lines += [
            f"  {state:20} {' | '.join(reports) or 'nothing'}"
            for state, reports in self.writes.items()
        ]
        return "\n".join(lines) + "\n"

    def _places(self) -> list[str]:
        """Return the keys and lamps, one a line."""
        keys = [
            f"  {name:14} {role['usage'] or 'profile':8} report {role['report']:3}, "
            f"bit {role['bit']:2}, {role['size']} wide, {role['style']}"
            + (f", keys {role['keys']}" if "keys" in role else "")
            + "".join(
                f"; also {more['usage']} report {more['report']}, bit {more['bit']}"
                for more in role.get("also", ())
            )
            for name, role in self.roles.items()
        ]
        lamps = [
            f"  {name:14} {output['usage'] or 'profile':8} report {output['report']:3}, "
            f"bit {output['bit']:2}"
            for name, output in self.outputs.items()
        ]
        return ["keys:", *keys, "lamps:", *lamps]


def explain_descriptor(
    source: str, identity: Identity, descriptor: bytes, library: Library
) -> Explanation:
    """Return what a device is taken for.

    Args:
        source: what was asked about, as the user wrote it.
        identity: what the device says about itself.
        descriptor: its report descriptor, any bytes.
        library: all profiles.
    """
    parsed = parse(descriptor)
    if isinstance(parsed, Unusable):
        return _plain(source, identity, (), parsed.reason)
    collections = tuple(str(usage) for usage in parsed.top)
    choice = library.choose(replace(identity, declares=parsed.usages))
    profile = choice.profile
    layout = find_roles(parsed, profile.inputs, profile.outputs, profile.page, profile.at_open)
    if isinstance(layout, LeftAlone):
        return _plain(source, identity, collections, layout.reason)
    return Explanation(
        source,
        identity.name,
        identity.vendor,
        identity.product,
        collections,
        roles=_roles(parsed, layout),
        outputs={one.lamp.value: _place(one, one.usage) for one in layout.outputs},
        profile=profile.id,
        why=(*choice.why, *layout.notes),
        conduct=_conduct(profile.conduct, layout),
        at_open=tuple(one.hex(" ") for one in layout.at_open),
        writes=_writes(layout, profile.lamps, profile.conduct),
    )


def _plain(
    source: str, identity: Identity, collections: tuple[str, ...], reason: str
) -> Explanation:
    ids = identity.name, identity.vendor, identity.product
    return Explanation(source, *ids, collections, why=(reason,), left_alone=reason)


def _place(one: Input | Output, usage: Usage | None) -> RoleFacts:
    return {
        "report": one.report,
        "bit": one.bit,
        "size": one.size,
        "style": one.style.value,
        "usage": str(usage or ""),
    }


def _roles(descriptor: Descriptor, layout: Layout) -> dict[str, RoleFacts]:
    """Return the places of each control; all keys of the key pad are one role."""
    roles: dict[str, RoleFacts] = {}
    for one in layout.inputs:
        role = roles.get(one.control.value)
        if role is None:
            role = roles[one.control.value] = _place(one, _usage(descriptor, one))
        elif one.control is not Control.KEYPAD:
            role["also"] = [*role.get("also", []), _place(one, one.usage)]
        if one.key:
            role["keys"] = role.get("keys", "") + one.key
    return roles


def _usage(descriptor: Descriptor, one: Input) -> Usage | None:
    """Return what a control is called; a key pad by its first key, even if that one rests."""
    if one.control is not Control.KEYPAD:
        return one.usage
    here = (one.report, one.bit, Kind.INPUT)
    return next(f.usages[0] for f in descriptor.fields if (f.report, f.bit, f.kind) == here)


def _conduct(conduct: Conduct, layout: Layout) -> dict[str, str | float | bool]:
    here = replace(
        conduct,
        hook_style=layout.style(Control.HOOK, conduct.hook_style),
        mute_style=layout.style(Control.MUTE, conduct.mute_style),
    )
    values = {one.name: getattr(here, one.name) for one in fields(Conduct)}
    return {name: v.value if isinstance(v, Enum) else v for name, v in values.items()}


def _writes(layout: Layout, policy: LampPolicy, conduct: Conduct) -> dict[str, tuple[str, ...]]:
    """Return every report of each call state, in the order they are written."""
    keeps = not conduct.hold_clears_off_hook
    states = {
        "idle": Indication(),
        "incoming": Indication(ring=True),
        "outgoing": Indication(off_hook=True),
        "active": Indication(off_hook=True),
        "muted": Indication(off_hook=True, mute=True),
        "active_and_incoming": Indication(off_hook=True, ring=True),
        "held": Indication(off_hook=keeps, hold=True),
        "held_and_incoming": Indication(off_hook=keeps, ring=True, hold=True),
    }
    encoder = Encoder(layout, policy)
    written: dict[str, tuple[str, ...]] = {}
    for state, indication in states.items():
        reports = list(encoder.encode(indication).values())
        if state in LIFTING:
            first = [(encoder.before(report), report) for report in reports]
            reports = [one for pair in first for one in pair if one is not None]
        written[state] = tuple(report.hex(" ") for report in reports)
    return written
