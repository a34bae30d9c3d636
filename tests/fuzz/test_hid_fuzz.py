"""A million random reports per family, and damaged descriptors: nothing escapes, nothing grows."""

import random
import tracemalloc

import pytest

from bridge.model.hid import ControlChange, Malformed
from bridge.protocols.hid_descriptor import Descriptor, parse
from bridge.protocols.hid_roles import find_roles
from bridge.protocols.hid_telephony import Decoder
from tests.hid_dumps import ALL, NAMES

FAMILIES = [
    "0b0e-0307_evolve-link",
    "047f-c053_blackwire-5220",
    "6993-b02b_wh66",
    "1395-00a9_impact-d",
    "291a-3301_powerconf",
]
REPORTS = 1_000_000
DESCRIPTORS = 20_000
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
