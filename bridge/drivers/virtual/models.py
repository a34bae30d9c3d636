"""Virtual headsets of real models."""

from pathlib import Path

from bridge.drivers.virtual.documented import GIGASET_ION as GIGASET_LAYOUT
from bridge.drivers.virtual.documented import Documented
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_clock import DeviceClock
from bridge.drivers.virtual.temperament import GIGASET_ION, Temperament, temperament_of
from bridge.protocols.hid_recorder import Recording, read_recording

EVOLVE_LINK = Path(__file__).with_name("jabra-evolve-link.hid")
"""The demonstration's headset; a copy of the dump among the tests, which are not installed."""


def headset_from_recording(
    recording: Recording,
    clock: DeviceClock | None = None,
    temperament: Temperament | None = None,
    *,
    serial: str = "",
    port: str = "1-1",
) -> VirtualHeadset:
    """Return a headset with the descriptor, ids and name of a recording.

    Args:
        recording: of any telephony device.
        clock: when it acts by itself; None: real time.
        temperament: how it behaves; None: as devices of its vendor do.
        serial: serial number it shows.
        port: USB port it shows.

    Raises:
        TransportError: no device can be made of the descriptor.
    """
    mood = temperament or temperament_of(recording.vendor, recording.product)
    return VirtualHeadset(
        recording.descriptor,
        mood,
        clock,
        vendor_id=recording.vendor,
        product_id=recording.product,
        name=recording.name,
        serial=serial,
        port=port,
    )


def headset_from_documentation(
    model: Documented,
    clock: DeviceClock | None = None,
    temperament: Temperament | None = None,
    *,
    port: str = "1-1",
) -> VirtualHeadset:
    """Return a headset of a model of which no descriptor is published.

    Args:
        model: what is known of it.
        clock: when it acts by itself; None: real time.
        temperament: how it behaves; None: as it is said to.
        port: USB port it shows.
    """
    told = GIGASET_ION if model is GIGASET_LAYOUT else None
    return VirtualHeadset(
        model.descriptor,
        temperament or told or temperament_of(model.vendor_id, model.product_id),
        clock,
        vendor_id=model.vendor_id,
        product_id=model.product_id,
        name=model.product,
        port=port,
    )


def headset_from_file(path: Path, clock: DeviceClock | None = None) -> VirtualHeadset:
    """Return a headset made from a recording in a file.

    Raises:
        OSError: the file cannot be read.
        FileProblems: it is no recording of hid-recorder.
        TransportError: no device can be made of it.
    """
    return headset_from_recording(read_recording(path.read_text("utf-8"), str(path)), clock)


def evolve_link(clock: DeviceClock | None = None) -> VirtualHeadset:
    """Return a Jabra Evolve Link: its real descriptor, and its conduct as others observed it."""
    return headset_from_file(EVOLVE_LINK, clock)
