"""A million random reports per family, and damaged descriptors: nothing escapes, nothing grows."""

import random
import tracemalloc

import pytest

from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode
from bridge.model.hid import ControlChange, Indication, Malformed
from bridge.profiles.library import Identity
from bridge.profiles.model import Page
from bridge.protocols.hid_descriptor import Descriptor, parse
from bridge.protocols.hid_explain import explain_descriptor
from bridge.protocols.hid_layout import Layout, LeftAlone
from bridge.protocols.hid_roles import find_roles
from bridge.protocols.hid_telephony import Decoder, Encoder
from tests.hid_dumps import ALL, NAMES
from tests.library import LIBRARY

FAMILIES = [
    "0b0e-0307_evolve-link",
    "047f-c053_blackwire-5220",
    "6993-b02b_wh66",
    "1395-00a9_impact-d",
    "291a-3301_powerconf",
]
REPORTS = 1_000_000
DESCRIPTORS = 20_000
RANDOM_DESCRIPTORS = {"noise": 20_000, "likely": 4_000}  # 1 and 36 ms each, traced
PEAK_BYTES = 50_000_000  # 65,536 usages and 8,192 fields are the most one may ask for
GROWTH_BYTES = 1_000_000  # a decoder holds one number per report id


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_million_random_reports(name: str) -> None:
    decoder, chance = Decoder(ALL[name].layout()), random.Random(name)
    ids = [*ALL[name].layout().input_bytes, 0, 255]
    tracemalloc.start()
    for _ in range(REPORTS):
        report = bytes([chance.choice(ids)]) + chance.randbytes(chance.randrange(5))
        assert all(isinstance(one, ControlChange | Malformed) for one in decoder.decode(report))
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert grown < GROWTH_BYTES


@pytest.mark.timeout(900)
def test_a_million_random_reports_on_a_vendor_page() -> None:
    profile = LIBRARY.choose(Identity(0x047F, 0x0417)).profile
    descriptor = ALL["047f-c056_blackwire-3220"].descriptor()
    layout = find_roles(descriptor, profile.inputs, profile.outputs, Page.VENDOR)
    assert isinstance(layout, Layout)
    decoder, chance = Decoder(layout), random.Random(7)
    for _ in range(REPORTS):
        decoder.tells_on_hook = chance.random() < 0.5
        report = bytes([chance.choice((0x14, 0x08, 0x01, 0))]) + chance.randbytes(
            chance.randrange(4)
        )
        assert all(isinstance(one, ControlChange | Malformed) for one in decoder.decode(report))


PAGES = (b"\x05\x0b", b"\x05\x0b", b"\x05\x08", b"\x05\x09", b"\x05\x0c", b"\x06\xa0\xff")
USAGES = (*range(0x17, 0x2B), 0x2F, 0x07, 0x97, 0x9E, 0xB0, 0xBB, 0xE9, 0xB5, 0xB7, 0x8F, 0x8D)


def likely(chance: random.Random) -> bytes:
    """Return a descriptor with a telephony collection, wild inside, one time in ten broken."""
    numbered = chance.random() < 0.8
    items = [b"\x05\x0b\x09\x05\xa1\x01", b"\x85\x02" if numbered else b""]
    for _ in range(chance.randrange(1, 40)):
        items.append(chance.choice(PAGES))
        items += [bytes([0x09, chance.choice(USAGES)]) for _ in range(chance.randrange(4))]
        if chance.random() < 0.2:
            low = chance.choice(USAGES)
            items.append(bytes([0x19, low, 0x29, min(low + chance.randrange(16), 255)]))
        items.append(bytes([0x15, chance.choice((0, 1, 0xFF)), 0x25, chance.randrange(1, 16)]))
        items.append(bytes([0x75, chance.randrange(1, 10), 0x95, chance.randrange(6)]))
        items.append(bytes([0x85, chance.randrange(1, 6)]) if numbered else b"")
        items.append(bytes([chance.choice((0x81, 0x81, 0x91, 0xB1)), chance.randrange(128)]))
    whole = bytearray(b"".join(items) + b"\xc0")
    if chance.random() < 0.1:
        whole[chance.randrange(len(whole))] = chance.randrange(256)
    return bytes(whole)


@pytest.mark.timeout(900)
@pytest.mark.parametrize("shape", ["noise", "likely"])
def test_random_bytes_as_a_descriptor(shape: str) -> None:
    chance = random.Random(shape)
    tracemalloc.start()
    for number in range(RANDOM_DESCRIPTORS[shape]):
        noise = chance.randbytes(
            chance.randrange(5000) if number % 50 == 0 else chance.randrange(99)
        )
        data = noise if shape == "noise" else likely(chance)
        through_everything(data, chance)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < PEAK_BYTES


def through_everything(data: bytes, chance: random.Random) -> None:
    """Let the loader, the explanation, decoder and encoder have it, under random ids."""
    vendor = chance.choice((0x0B0E, 0x047F, 0x1395, 0x6993, 0x1209))
    node = HidNode("/dev/hidraw9", 3, vendor, chance.randrange(65536), "x", "", "", data)
    found = recognise(node, LIBRARY)
    explain_descriptor("x", Identity(vendor, 1), data, LIBRARY).to_text()
    if isinstance(found, LeftAlone):
        assert found.reason
        return
    assert isinstance(found, Recognised)
    Encoder(found.layout, found.profile.lamps).encode(Indication(off_hook=True, ring=True))
    Decoder(found.layout).decode(chance.randbytes(9))


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", NAMES)
def test_damaged_descriptors(name: str) -> None:
    chance, whole = random.Random(name), ALL[name].recording.descriptor
    for _ in range(DESCRIPTORS // len(NAMES)):
        damaged = bytearray(whole)
        for _ in range(chance.randrange(1, 8)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        found = parse(bytes(damaged))
        if isinstance(found, Descriptor):
            find_roles(found)
