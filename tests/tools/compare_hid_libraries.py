"""Compares the libraries that read report descriptors.

``python -m tests.tools.compare_hid_libraries`` prints the table of
``bridge/protocols/hid_descriptor.md``: both libraries on every descriptor of ``tests/dumps``,
beside ``layouts.json``, which a third parser made. hid-parser is no dependency of the project:
without it its column says so (``pip install hid-parser==0.1.0``).
"""

import importlib
import importlib.util
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from tests.hid_dumps import ALL, LAYOUTS

NAMES = sorted(LAYOUTS)  # dumps that came later have no third opinion

KINDS = ("input", "output", "feature")
IMPORTS = 5  # of which the fastest counts
MEASURE = """
import resource, sys, time
def resident():
    pages = int(open("/proc/self/statm").read().split()[1])
    return pages * resource.getpagesize() / 1024 / 1024
before = resident()
began = time.perf_counter()
import {module}
print((time.perf_counter() - began) * 1000, resident() - before)
"""


class Found(NamedTuple):
    """A field as a library tells it: ``usage`` is the first one, page in the high half."""

    kind: str
    report: int
    bit: int
    size: int
    usage: int


Fields = set[Found]


class Library(NamedTuple):
    """One library."""

    title: str
    module: str
    fields: Callable[[bytes], Fields]


class _ToolsField(Protocol):
    start: int
    size: int
    count: int
    usages: Sequence[int] | None
    usage: int


def hid_tools(data: bytes) -> Fields:
    """Return what hid-tools finds."""
    module = importlib.import_module("hidtools.hid")
    parsed = module.ReportDescriptor.from_bytes(data)
    found: Fields = set()
    for kind in KINDS:
        for number, report in getattr(parsed, f"{kind}_reports").items():
            head = 8 if number > 0 else 0
            for one in report.fields:
                found.add(_tools_field(kind, max(number, 0), one, head))
    return found


def _tools_field(kind: str, report: int, one: _ToolsField, head: int) -> Found:
    usage = one.usages[0] if one.usages else one.usage
    return Found(kind, report, one.start - head, one.size, usage or 0)


class _Bits(Protocol):
    bit: int
    byte: int

    def __int__(self) -> int: ...


class _ParserItem(Protocol):
    offset: _Bits
    size: _Bits


def hid_parser(data: bytes) -> Fields:
    """Return what hid-parser finds."""
    module = importlib.import_module("hid_parser")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parsed = module.ReportDescriptor(list(data))
        found: Fields = set()
        for kind in KINDS:
            for number in getattr(parsed, f"{kind}_report_ids"):
                items: Iterable[_ParserItem] = getattr(parsed, f"get_{kind}_items")(number)
                found |= {_parser_item(kind, number or 0, one) for one in items}
    return found


def _parser_item(kind: str, report: int, one: _ParserItem) -> Found:
    first = getattr(one, "usage", None) or next(iter(getattr(one, "usages", ())), None)
    usage = 0 if first is None else (int(first.page) << 16) | int(first.usage)
    return Found(kind, report, int(one.offset), int(one.size), usage)


LIBRARIES = (
    Library("hid-tools", "hidtools.hid", hid_tools),
    Library("hid-parser", "hid_parser", hid_parser),
)


# -- figures ------------------------------------------------------------------


def expected(name: str) -> Fields:
    """Return the fields of ``layouts.json``."""
    return {
        Found(
            one["type"],
            one["report_id"],
            one["bit"],
            one["size"],
            _number(one["usages"][0]),
        )
        for one in LAYOUTS[name]["fields"]
    }


def _number(usage: str) -> int:
    page, _, one = usage.partition("/")
    return (int(page, 16) << 16) | int(one, 16)


def figures(library: Library) -> list[str]:
    """Return the cells of one library."""
    if importlib.util.find_spec(library.module.partition(".")[0]) is None:
        return [f"not installed: pip install {library.title}"] * 5
    read, raised = _read(library)
    places = sum(len(_places(read[name]) & _places(expected(name))) for name in read)
    all_places = sum(len(_places(expected(name))) for name in read)
    reject = [one for name in read for one in expected(name) if one.usage == 0x90007]
    named = [
        one for name in read for one in expected(name) if one.usage == 0x90007 and one in read[name]
    ]
    milliseconds, mebibytes = import_cost(library.module)
    return [
        f"{len(read)} of {len(NAMES)}" + (f"; raises on {', '.join(raised)}" if raised else ""),
        f"{places} of {all_places}",
        f"{len(named)} of {len(reject)}",
        f"{milliseconds:.0f} ms",
        f"{mebibytes:.0f} MiB",
    ]


def _read(library: Library) -> tuple[dict[str, Fields], list[str]]:
    """Return what it reads of each dump, and the dumps it cannot read."""
    read: dict[str, Fields] = {}
    raised: list[str] = []
    for name in NAMES:
        try:
            read[name] = library.fields(ALL[name].recording.descriptor)
        except Exception:  # noqa: BLE001  # whatever a library raises is the finding
            raised.append(name)
    return read, raised


def _places(fields: Fields) -> set[tuple[str, int, int]]:
    return {(one.kind, one.report, one.bit) for one in fields}


def import_cost(module: str) -> tuple[float, float]:
    """Return milliseconds and MiB of the cheapest of some imports, each in its own process."""
    costs = []
    for _ in range(IMPORTS):
        code = [sys.executable, "-c", MEASURE.format(module=module)]
        said = subprocess.run(code, capture_output=True, text=True, check=True).stdout.split()
        costs.append((float(said[0]), float(said[1])))
    return min(costs)


ROWS = (
    "descriptors read",
    "fields at the place of `layouts.json`",
    "reject key named by the page at the main item (09:07)",
    "import, fastest of five",
    "memory of the import",
)


def main() -> int:
    """Print the table."""
    columns = [figures(one) for one in LIBRARIES]
    print("| |", " | ".join(one.title for one in LIBRARIES), "|")
    print("|" + " --- |" * (len(LIBRARIES) + 1))
    for index, row in enumerate(ROWS):
        print(f"| {row} |", " | ".join(cells[index] for cells in columns), "|")
    return 0


if __name__ == "__main__":
    sys.exit(main())
