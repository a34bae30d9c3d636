"""The demo's headset: a virtual one from a real descriptor, with every write stamped."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bridge.cli.explain_source import find_source
from bridge.drivers.hidraw.recognise import recognise
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.temperament import temperament_of
from bridge.model.errors import TransportError
from bridge.profiles.library import Identity, load_library
from bridge.protocols.hid_roles import LeftAlone

EVOLVE_LINK = Path(__file__).parent / "evolve-link.hid"
"""The headset unless told otherwise; a copy of ``tests/dumps/0b0e-0307_evolve-link.hid``, because
an installed package has no tests. Its source is in the file."""

LAMPS = {  # what people call a lamp -> bits of devices that mean it
    "off_hook": ("off_hook",),
    "ring": ("ring", "ringer"),
    "mute": ("mute", "microphone"),
    "hold": ("hold",),
}


@dataclass(frozen=True, slots=True)
class Write:
    """What the daemon wrote.

    Args:
        at_s: monotonic seconds, when the device had taken it.
        report: report id first.
        lit: lamps that were on after it, names of ``LAMPS``.
    """

    at_s: float
    report: bytes
    lit: frozenset[str]


class DemoHeadset(VirtualHeadset):
    """A virtual headset that remembers when it was written to.

    Args:
        identity: what it says about itself.
        descriptor: its report descriptor.
    """

    def __init__(self, identity: Identity, descriptor: bytes) -> None:
        self.writes: list[Write] = []
        self.on_write: Callable[[], None] = lambda: None
        super().__init__(
            descriptor,
            temperament_of(identity.vendor, identity.product),
            vendor_id=identity.vendor,
            product_id=identity.product,
            name=identity.name.partition(" (")[0] or "Headset",
        )

    def write(self, report: bytes) -> None:
        """Take an output report; called by the daemon's writing thread."""
        super().write(report)
        self.writes.append(Write(time.monotonic(), report, lit(self.lamps)))
        self.on_write()

    def lit_since(self, after_s: float, wanted: frozenset[str]) -> float | None:
        """Return when a write after ``after_s`` left exactly these lamps on, None if none did."""
        times = (one.at_s for one in self.writes if one.at_s >= after_s and one.lit == wanted)
        return next(times, None)


def lit(lamps: Mapping[str, bool]) -> frozenset[str]:
    """Return the lamps that are on, as people call them."""
    return frozenset(name for name, bits in LAMPS.items() if any(lamps[bit] for bit in bits))


def make_headset(source: str = "") -> DemoHeadset:
    """Return a virtual headset.

    Args:
        source: recording, descriptor file or hidraw node; empty = the Evolve Link.

    Raises:
        TransportError: it cannot be read, or the daemon would leave such a device alone.
        FileProblems: the file is no description of a device.
    """
    identity, descriptor = find_source(source or str(EVOLVE_LINK))
    headset = DemoHeadset(identity, descriptor)
    found = recognise(headset.node("/virtual/hidraw0"), load_library())
    if isinstance(found, LeftAlone):
        raise TransportError(
            f"{source} is no telephony headset: {found.reason}; choose another dump with --device"
        )
    return headset
