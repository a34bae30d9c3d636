"""The patterns of the udev rules: what reads as a telephone, and what is never opened."""

import pytest

from bridge.profiles.udev import MAX_BYTES, has_keys, reads_as_telephone
from tests.hid_dumps import ALL

EVOLVE = ALL["0b0e-0307_evolve-link"].recording.descriptor
TELEPHONES = {(0x0B, usage) for usage in range(1, 6)}  # phone … headset
ITEMS_OF_A_KEYBOARD = [
    "05 01 09 06 a1 01 c0",
    "05 01 09 07 a1 01 c0",
    "05 01 09 02 a1 01 c0",
    "05 07 19 e0 29 e7",
    "06 07 00 19 e0 29 e7",
    "07 07 00 00 00 19 e0 29 e7",
    "0b 04 00 07 00",
    "1b e0 00 07 00 2b e7 00 07 00",
]
"""HID 1.11 section 6.2.2: short items of one, two and four bytes, and usages with their page."""


@pytest.mark.parametrize("name", ALL)
def test_a_dump_reads_as_a_telephone_if_it_has_a_telephony_application(name: str) -> None:
    is_telephone = not TELEPHONES.isdisjoint(ALL[name].descriptor().usages)
    assert reads_as_telephone(ALL[name].recording.descriptor) == is_telephone


@pytest.mark.parametrize("items", ITEMS_OF_A_KEYBOARD)
@pytest.mark.parametrize("first", [True, False], ids=["first", "last"])
def test_a_telephone_with_keys_beside_it_is_none(items: str, first: bool) -> None:
    keys = bytes.fromhex(items)
    descriptor = keys + EVOLVE if first else EVOLVE + keys
    assert has_keys(descriptor)
    assert not reads_as_telephone(descriptor)


def test_keys_at_the_very_end_of_the_longest_descriptor_are_seen() -> None:
    keys = bytes.fromhex("05 07 19 e0")
    filler = bytes.fromhex("a1 02 c0 c0") * ((MAX_BYTES - len(EVOLVE) - len(keys)) // 4)
    assert reads_as_telephone(EVOLVE + filler)
    assert not reads_as_telephone(EVOLVE + filler + keys)
    assert MAX_BYTES - 4 < len(EVOLVE + filler + keys) <= MAX_BYTES


def test_half_bytes_are_not_read_across() -> None:
    """``50 5b 09 0`` must not look like ``05 0b 09``."""
    assert not reads_as_telephone(bytes.fromhex("10 50 b0 90 5a 10 1c"))
