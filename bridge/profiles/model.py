"""A device profile after loading: what it matches, and what it adds to the descriptor."""

from dataclasses import dataclass, field
from enum import Enum

from bridge.model.hid import Conduct, Control, Lamp, Style

GENERIC = "generic"
"""Id of the profile that applies where none matches; it must exist."""


class Kind(Enum):
    """What sort of device a profile describes."""

    HEADSET = "headset"
    SPEAKERPHONE = "speakerphone"
    DONGLE = "dongle"
    KEY_PANEL = "key_panel"
    DESK_PHONE = "desk_phone"
    FAMILY = "family"  # everything of a vendor that has no profile of its own


class Evidence(Enum):
    """How well a profile is known, best first."""

    HARDWARE = "hardware"  # tried on the device
    DUMP = "dump"  # a real report descriptor of this product id is among the tests
    FAMILY = "family"  # a real descriptor of the same family
    DOCUMENT = "document"  # vendor text, or code of other projects


@dataclass(frozen=True, slots=True)
class UsbId:
    """Vendor and product id, each 0..0xFFFF."""

    vendor: int
    product: int

    def __str__(self) -> str:
        """Return ``0b0e:0307``, as lsusb prints it."""
        return f"{self.vendor:04x}:{self.product:04x}"


UsagePair = tuple[int, int]
"""A usage page and an id on it, 16 bit each: ``(0x0B, 0x20)``."""


@dataclass(frozen=True, slots=True)
class Match:
    """Which devices a profile is for.

    Args:
        usb: exact ids.
        vendors: vendor ids; empty beside ``names``: any vendor.
        names: parts of the product string, lower case; any of them must occur. Empty: any name.
        declares: usages that the report descriptor must have, all of them: the descriptor family.
        known_as: all ids of ``usb`` are one device, which goes and comes back under another of
            them; its identity is made from this one, whatever it shows. None: it has one id.
    """

    usb: tuple[UsbId, ...] = ()
    vendors: tuple[int, ...] = ()
    names: tuple[str, ...] = ()
    declares: tuple[UsagePair, ...] = ()
    known_as: UsbId | None = None


class Page(Enum):
    """Where keys and lamps are looked for."""

    STANDARD = "standard"  # pages 0B and 08; usages the profile names come on top
    VENDOR = "vendor"  # only the usages the profile names, and the volume keys
    FALLBACK = "fallback"  # as VENDOR where page 0B declares no hook, else as if none were named


@dataclass(frozen=True, slots=True)
class InputRule:
    """What a profile says about one key.

    Args:
        control: which.
        report, bit: where it is; None leaves that to the descriptor.
        style: how it tells its state; None leaves that to the descriptor.
        usages: what the descriptor calls it; the first one the device has is used.
    """

    control: Control
    report: int | None = None
    bit: int | None = None
    style: Style | None = None
    usages: tuple[UsagePair, ...] = ()


@dataclass(frozen=True, slots=True)
class OutputRule:
    """Where a lamp is, when the descriptor does not say so: a place, or usages as for keys."""

    lamp: Lamp
    report: int | None = None
    bit: int | None = None
    usages: tuple[UsagePair, ...] = ()


@dataclass(frozen=True, slots=True)
class FeatureRule:
    """A feature written once when the device is opened.

    Args:
        usage: what the descriptor calls it; a device without it is left as it is.
        value: 0..255.
    """

    usage: UsagePair
    value: int


@dataclass(frozen=True, slots=True)
class LampPolicy:
    """Which lamps follow what.

    Args:
        mute: lamps that show mute; those the device lacks are left out. Both by default: which
            one works differs between models, and none minds the other.
        ringer: sound the device's own ringer (0B:9E) with Ring.
        on_line: open the wireless link (08:2A) with Off-Hook.
        hold: light Hold.
        ring_in_call: light Ring for a second call, too.
        off_before_on: write Off-Hook 0 just before each 1: devices that only heed the change.
    """

    mute: frozenset[Lamp] = frozenset({Lamp.MUTE, Lamp.MICROPHONE})
    ringer: bool = False
    on_line: bool = False
    hold: bool = True
    ring_in_call: bool = True
    off_before_on: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """On what a profile rests.

    Args:
        verified: the level that every id of the profile has; see ``Profile.level_of``.
        firmware: versions it was seen with.
        dumps: files of ``tests/dumps``.
        sources: where each statement comes from.
    """

    verified: Evidence
    firmware: tuple[str, ...] = ()
    dumps: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Profile:
    """One profile, checked.

    Args:
        id: ``[a-z0-9-]``, the name of its file.
        vendor, model: for people.
        kind: what it is.
        match: which devices.
        conduct: how it behaves; ``mute_style`` and ``hook_style`` are overridden by ``inputs``.
        lamps: which lamps follow what.
        inputs, outputs: what the descriptor does not say, or says wrongly.
        page: where keys and lamps are looked for.
        at_open: features written when the device is opened.
        headsets: for a dongle or base, the headsets behind it.
        limits: what users must know.
        proof: evidence.
        whole_vendor: all HID devices of the vendor are headsets, so that the udev rule may give
            access to all of them; never for makers of keyboards.
        file: where it was read from.
    """

    id: str
    vendor: str
    model: str
    kind: Kind
    match: Match
    conduct: Conduct
    lamps: LampPolicy
    proof: Proof
    inputs: tuple[InputRule, ...] = ()
    outputs: tuple[OutputRule, ...] = ()
    page: Page = Page.STANDARD
    at_open: tuple[FeatureRule, ...] = ()
    headsets: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    whole_vendor: bool = False
    file: str = field(default="", compare=False)

    def level_of(self, usb: UsbId) -> Evidence:
        """Return how well one id of the profile is known.

        An id with a dump of its own (the file name begins with it) is known by that dump, also
        where its siblings have none.
        """
        if self.proof.verified is not Evidence.HARDWARE and self.has_dump_of(usb):
            return Evidence.DUMP
        return self.proof.verified

    def has_dump_of(self, usb: UsbId) -> bool:
        """Say whether one of the dumps is of that id."""
        prefix = f"{usb.vendor:04x}-{usb.product:04x}_"
        return any(name.startswith(prefix) for name in self.proof.dumps)
