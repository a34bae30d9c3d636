"""Report descriptors: every real one against an independent parser, and hostile ones."""

import tracemalloc

import pytest
from hidtools.hid import ReportDescriptor
from hypothesis import given
from hypothesis import strategies as st

from bridge.protocols.hid_descriptor import (
    MAX_BYTES,
    Descriptor,
    Field,
    Kind,
    Unusable,
    Usage,
    parse,
)
from bridge.protocols.hid_roles import find_roles
from tests.hid_dumps import ALL, LAYOUTS, NAMES, FieldFacts

EXPECTED_PAGES = {"0008", "0009", "000b", "000c", "ff99", "ff40"}
LONGEST_LISTED = 16  # layouts.json lists that many usages of an array


def facts(field: Field) -> FieldFacts:
    """A field in the words of layouts.json."""
    words: FieldFacts = {
        "type": field.kind.value,
        "report_id": field.report,
        "bit": field.bit,
        "size": field.size,
        "usages": [f"{u.page:04x}/{u.id:04x}" for u in field.usages][:LONGEST_LISTED],
        "kind": "array" if field.array else "variable",
        "constant": field.constant,
        "relative": field.relative,
        "no_preferred": field.no_preferred,
        "null_state": field.null_state,
        "logical": list(field.logical),
    }
    if field.array or field.count > 1:
        words["count"] = field.count
    if field.usages_as_read != field.usages:
        words["page_when_usage_item_was_read"] = f"{field.usages_as_read[0].page:04x}"
    return words


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_every_real_descriptor_has_the_fields_of_the_independent_parser(name: str) -> None:
    found = [facts(field) for field in ALL[name].descriptor().fields]
    missing = [field for field in LAYOUTS[name]["fields"] if field not in found]
    assert missing == []


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_no_real_descriptor_has_telephony_fields_beyond_those(name: str) -> None:
    inside = [
        facts(field)
        for field in ALL[name].descriptor().fields
        if any(usage.page == 0x0B for usage in field.collections)
        and field.usages[0].page in {0x08, 0x09, 0x0B}
    ]
    extra = [field for field in inside if field not in LAYOUTS[name]["fields"]]
    assert extra == []


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_reports_and_collections_are_those_of_the_independent_parser(name: str) -> None:
    descriptor, expected = ALL[name].descriptor(), LAYOUTS[name]
    bits = {f"{kind.value}:0x{n:02x}": b for (kind, n), b in descriptor.report_bits.items()}
    assert bits == expected["report_bits"]
    assert [f"{u.page:04x}/{u.id:04x}" for u in descriptor.top] == expected["top_level_collections"]
    assert descriptor.length == expected["length"]


Place = tuple[str, int, int, int, int]


def places_of_the_library(name: str) -> set[Place]:
    """Kind, report, bit, size and id of the usage of each value, as hid-tools has them."""
    parsed = ReportDescriptor.from_bytes(ALL[name].recording.descriptor)
    head = 8 if ALL[name].descriptor().numbered else 0  # it counts from the id byte on
    return {
        (kind.value, max(number, 0), one.start - head, one.size, usage)
        for kind in Kind
        for number, report in getattr(parsed, f"{kind.value}_reports").items()
        for one in report.fields
        for usage in ([one.usage & 0xFFFF] if one.usage is not None else [])
    }


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_value_lies_where_hid_tools_reads_it(name: str) -> None:
    found = {
        (one.kind.value, one.report, one.bit, one.size, one.usages[0].id)
        for one in ALL[name].descriptor().fields
        if one.usages[0].id and not one.array
    }
    assert found <= places_of_the_library(name)


def one_button(*middle: int) -> bytes:
    """A telephony collection with one field of one bit."""
    return bytes([0x05, 0x0B, 0x09, 0x05, 0xA1, 0x01, *middle, 0xC0])


def only_field(data: bytes) -> Field:
    parsed = parse(data)
    assert isinstance(parsed, Descriptor)
    assert len(parsed.fields) == 1
    return parsed.fields[0]


ONE_BIT = (0x15, 0x00, 0x25, 0x01, 0x75, 0x01, 0x95, 0x01)


def test_the_page_in_force_at_the_main_item_counts() -> None:
    field = only_field(one_button(*ONE_BIT, 0x09, 0x07, 0x05, 0x09, 0x81, 0x02))
    assert field.usages == (Usage(0x09, 0x07),)
    assert field.usages_as_read == (Usage(0x0B, 0x07),)


def test_a_usage_of_four_bytes_has_a_page_of_its_own() -> None:
    field = only_field(one_button(*ONE_BIT, 0x0B, 0x20, 0x00, 0x0B, 0x00, 0x05, 0x09, 0x81, 0x02))
    assert field.usages == (Usage(0x0B, 0x20),)


def test_push_and_pop_restore_page_and_size() -> None:
    pushed = (0xA4, 0x05, 0x08, 0x75, 0x08, 0xB4)
    field = only_field(one_button(*ONE_BIT, *pushed, 0x09, 0x20, 0x81, 0x02))
    assert field.usages == (Usage(0x0B, 0x20),)
    assert field.size == 1


def test_a_constant_field_with_a_usage_is_data_and_one_without_is_padding() -> None:
    padding = (0x75, 0x07, 0x81, 0x01)
    parsed = parse(one_button(*ONE_BIT, 0x09, 0x20, 0x81, 0x23, *padding))
    assert isinstance(parsed, Descriptor)
    assert [field.usages for field in parsed.fields] == [(Usage(0x0B, 0x20),)]
    assert parsed.report_bits == {(Kind.INPUT, 0): 8}
    assert not parsed.numbered


def test_a_signed_range_is_signed() -> None:
    relative = (0x15, 0xFF, 0x25, 0x01, 0x75, 0x02, 0x95, 0x01)
    assert only_field(one_button(*relative, 0x09, 0x2F, 0x81, 0x06)).logical == (-1, 1)


def test_a_maximum_of_all_ones_is_unsigned_beside_a_minimum_of_zero() -> None:
    wide = (0x15, 0x00, 0x25, 0xFF, 0x75, 0x08, 0x95, 0x01)
    assert only_field(one_button(*wide, 0x09, 0x20, 0x81, 0x02)).logical == (0, 255)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "found nothing"),
        (b"\x05" * (MAX_BYTES + 1), "at most 4096 bytes"),
        (b"\x05", "found the end"),
        (b"\x05\x0b\x09\x05\xa1\x01", "found 1 open"),
        (b"\xc0", "found none open"),
        (b"\xfe\x00\x00", "long item"),
        (b"\x85\x00", "report id 1..255"),
        (b"\x86\x00\x01", "report id 1..255"),
        (b"\xb4", "pushed state to pop"),
        (b"\xa4" * 40, "pushed states"),
        (b"\xa1\x01" * 40 + b"\xc0" * 40, "collections in one another"),
        (b"\x97\xff\xff\xff\x7f", "fields in a row"),
        (b"\x77\xff\xff\xff\x7f", "bits in a field"),
        (b"\x75\x01\x96\x00\x30" + b"\x81\x02" * 2, "fields"),
        (b"\x75\xff\x96\x00\x10\x81\x02", "bits in a report"),
        (b"\x19\x00\x2a\xff\xff\x75\x01\x95\x01\x81\x00", "usages of a field"),
        (b"\x0c", "hid"),
        (b"\x09\x20\x75\x08\x95\x01\x81\x02\x85\x02\x09\x20\x81\x02", "found both"),
    ],
)
def test_a_descriptor_that_breaks_a_rule_is_left_alone_with_a_reason(
    data: bytes, reason: str
) -> None:
    parsed = parse(data)
    assert isinstance(parsed, Unusable)
    assert reason in parsed.reason.lower()


@given(st.binary(max_size=200))
def test_random_bytes_never_raise(data: bytes) -> None:
    parsed = parse(data)
    if isinstance(parsed, Descriptor):
        find_roles(parsed)


@given(
    name=st.sampled_from(NAMES),
    edits=st.lists(st.tuples(st.integers(0, 4095), st.integers(0, 255)), min_size=1, max_size=6),
    cut=st.integers(0, 40),
)
def test_damaged_real_descriptors_never_raise(
    name: str, edits: list[tuple[int, int]], cut: int
) -> None:
    data = bytearray(ALL[name].recording.descriptor)
    for at, value in edits:
        data[at % len(data)] = value
    parsed = parse(bytes(data[: len(data) - cut]))
    if isinstance(parsed, Descriptor):
        find_roles(parsed)


# Found by random bytes: a range of usages that begins on one page and ends on another made the
# library list every usage between, some gigabytes of them.
ACROSS_PAGES = bytes.fromhex("050b 1901 06ffff 2902 75 01 95 01 81 00".replace(" ", ""))
# 400 array fields of 12,000 usages each fit into 4096 bytes.
MANY_RANGES = bytes.fromhex("050b75019501") + bytes.fromhex("190126e02e2ae02e8100") * 400
SEVERAL_RANGES = bytes.fromhex("050b75019501") + bytes.fromhex("19012ae02e") * 20 + b"\x81\x00"


@pytest.mark.parametrize(
    "data",
    [ACROSS_PAGES, b"\x09\x01\xa1\x01" + ACROSS_PAGES + b"\xc0", MANY_RANGES, SEVERAL_RANGES],
    ids=["across pages", "in a collection", "many ranges", "several ranges"],
)
def test_no_descriptor_takes_memory(data: bytes) -> None:
    tracemalloc.start()
    found = parse(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 50_000_000
    assert isinstance(found, Unusable | Descriptor)
