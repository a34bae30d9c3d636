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


@dataclass(frozen=True, slots=True)
class Match:
    """Which devices a profile is for.

    Args:
        usb: exact ids.
        vendors: vendor ids; empty beside ``names``: any vendor.
        names: parts of the product string, lower case; any of them must occur. Empty: any name.
    """

    usb: tuple[UsbId, ...] = ()
    vendors: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputRule:
    """What a profile says about one key.

    Args:
        control: which.
        report, bit: where it is; None leaves that to the descriptor.
        style: how it tells its state; None leaves that to the descriptor.
    """

    control: Control
    report: int | None = None
    bit: int | None = None
    style: Style | None = None


@dataclass(frozen=True, slots=True)
class OutputRule:
    """Where a lamp is, when the descriptor does not say so."""

    lamp: Lamp
    report: int
    bit: int


@dataclass(frozen=True, slots=True)
class LampPolicy:
    """Which lamps follow what.

    Args:
        mute: lamps that show mute; those the device lacks are left out. Both by default: which
            one works differs between models, and none minds the other.
        ringer: sound the device's own ringer (0B:9E) with Ring.
        on_line: open the wireless link (08:2A) with Off-Hook.
    """

    mute: frozenset[Lamp] = frozenset({Lamp.MUTE, Lamp.MICROPHONE})
    ringer: bool = False
    on_line: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """On what a profile rests.

    Args:
        verified: the level.
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
    headsets: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()
    whole_vendor: bool = False
    file: str = field(default="", compare=False)
