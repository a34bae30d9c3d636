"""The dumps of ``tests/dumps`` for tests: real descriptors, and what is expected of them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict, cast

from bridge.profiles.library import load_library
from bridge.protocols.hid_descriptor import Descriptor, parse
from bridge.protocols.hid_recorder import Recording, read_recording
from bridge.protocols.hid_roles import Layout, LeftAlone, find_roles
from bridge.yamldoc import load
from tests.tools.dump_expectations import expectation, explained

DUMPS = Path(__file__).parent / "dumps"


class Place(TypedDict, total=False):
    report: int
    bit: int
    size: int
    style: str
    usage: str


class Expectation(TypedDict, total=False):
    left_alone: str
    profile: str
    roles: dict[str, Place]
    outputs: dict[str, Place]


class FieldFacts(TypedDict, total=False):
    type: str
    report_id: int
    bit: int
    size: int
    count: int
    usages: list[str]
    kind: str
    constant: bool
    relative: bool
    no_preferred: bool
    null_state: bool
    logical: list[int]
    page_when_usage_item_was_read: str


class LayoutFacts(TypedDict):
    length: int
    top_level_collections: list[str]
    report_bits: dict[str, int]
    fields: list[FieldFacts]


@dataclass(frozen=True)
class Dump:
    """One real device."""

    name: str
    recording: Recording
    expected: Expectation

    def descriptor(self) -> Descriptor:
        parsed = parse(self.recording.descriptor)
        assert isinstance(parsed, Descriptor)
        return parsed

    def layout(self) -> Layout:
        found = find_roles(self.descriptor())
        assert isinstance(found, Layout)
        return found


def read_dump(name: str) -> Dump:
    path = DUMPS / f"{name}.hid"
    recording = read_recording(path.read_text("utf-8"), path.name)
    expected = DUMPS / f"{name}.expect.yaml"
    if expected.is_file():
        text = expected.read_text("utf-8")
    else:  # ./dev gen writes it, ./dev check says so
        text = expectation(explained(path, load_library()))
    facts = load(text, expected.name).value
    return Dump(name, recording, cast("Expectation", facts))


NAMES = sorted(path.stem for path in DUMPS.glob("*.hid"))
ALL = {name: read_dump(name) for name in NAMES}
USED = [name for name in NAMES if "left_alone" not in ALL[name].expected]
LEFT_ALONE = [name for name in NAMES if "left_alone" in ALL[name].expected]
LAYOUTS = cast("dict[str, LayoutFacts]", json.loads((DUMPS / "layouts.json").read_text("utf-8")))

__all__ = ["ALL", "DUMPS", "LAYOUTS", "LEFT_ALONE", "NAMES", "USED", "Dump", "LeftAlone"]
