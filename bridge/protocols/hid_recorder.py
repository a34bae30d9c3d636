"""Recordings of HID devices in the text format of ``hid-recorder``. See ``hid_recorder.md``."""

import re
from dataclasses import dataclass

from bridge.model.errors import FileProblems, Problem
from bridge.protocols.hid_descriptor import MAX_BYTES

MAX_CHARACTERS = 8 * 1024 * 1024  # an hour of 1,000 short reports a minute
MAX_REPORT_BYTES = 4097

_EVENT = re.compile(r"(\d{1,12})\.(\d{6})\s+(\d+)((?:\s+[0-9a-fA-F]{2})*)\s*")
_SIZED = re.compile(r"(\d+)((?:\s+[0-9a-fA-F]{2})*)\s*")
_IDS = re.compile(r"([0-9a-fA-F]{1,4})\s+([0-9a-fA-F]{1,4})\s+([0-9a-fA-F]{1,4})\s*")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One input report.

    Args:
        at_us: microseconds since the recording began.
        report: as read from hidraw, id first if the device numbers its reports.
    """

    at_us: int
    report: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """One device and what it sent.

    Args:
        name: product string.
        bus: linux/input.h BUS_*.
        vendor, product: 0..0xFFFF.
        descriptor: report descriptor.
        reports: in order.
        comments: lines of text without the ``#``, sources above all.
        phys: where it was plugged in; empty in a redacted recording.
    """

    name: str
    bus: int
    vendor: int
    product: int
    descriptor: bytes
    reports: tuple[Recorded, ...] = ()
    comments: tuple[str, ...] = ()
    phys: str = ""


def read_recording(text: str, file: str) -> Recording:
    """Return the recording in a text.

    Args:
        text: output of ``hid-recorder`` for one device.
        file: for messages.

    Raises:
        FileProblems: every line that cannot be read, and what is missing.
    """
    if len(text) > MAX_CHARACTERS:
        found = f"{len(text)} characters"
        raise FileProblems((Problem(file, 0, "(file)", found, f"at most {MAX_CHARACTERS}"),))
    reader = _Reader(file)
    for number, line in enumerate(text.splitlines(), 1):
        reader.take(number, line)
    return reader.recording()


def write_recording(recording: Recording) -> str:
    """Return a recording as text; reading it gives the same recording."""
    lines = [f"# {comment.strip()}".rstrip() for comment in recording.comments]
    lines += [
        "D: 0",
        f"R: {len(recording.descriptor)} {recording.descriptor.hex(' ')}".rstrip(),
        f"N: {recording.name.strip()}".rstrip(),
        f"P: {recording.phys}".rstrip(),
        f"I: {recording.bus:x} {recording.vendor:04x} {recording.product:04x}",
    ]
    for one in recording.reports:
        at = f"{one.at_us // 1_000_000:06d}.{one.at_us % 1_000_000:06d}"
        lines.append(f"E: {at} {len(one.report)} {one.report.hex(' ')}".rstrip())
    return "\n".join(lines) + "\n"


class _Reader:
    """Takes lines, remembers what is wrong with them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._comments: list[str] = []
        self._reports: list[Recorded] = []
        self._texts = {"N": "", "P": ""}
        self._descriptor: bytes | None = None
        self._ids: tuple[int, int, int] | None = None
        self._seen: set[str] = set()

    def take(self, number: int, line: str) -> None:
        """Take one line."""
        key, _, rest = line.partition(":")
        rest = rest.strip()
        self._seen.add(key)
        if line.startswith("#"):
            self._comments.append(line[1:].strip())
        elif key == "R":
            self._descriptor = self._bytes(number, rest, MAX_BYTES)
        elif key in self._texts:
            self._texts[key] = rest
        elif key == "I" and (ids := _IDS.fullmatch(rest)):
            self._ids = int(ids[1], 16), int(ids[2], 16), int(ids[3], 16)
        elif key == "E" and (event := _EVENT.fullmatch(rest)):
            report = self._bytes(number, f"{event[3]} {event[4]}", MAX_REPORT_BYTES)
            if report is not None:
                at_us = int(event[1]) * 1_000_000 + int(event[2])
                self._reports.append(Recorded(at_us, report))
        elif key == "D":
            if rest != "0":
                self._wrong(number, f"device {rest}", "one device, number 0")
        elif line.strip():
            self._wrong(number, line[:40], "a line of hid-recorder: # D: R: N: P: I: or E:")

    def recording(self) -> Recording:
        """Return what was read, or raise what was wrong."""
        if "R" not in self._seen:
            self._wrong(0, "no report descriptor", "a line R: size bytes")
        if "I" not in self._seen:
            self._wrong(0, "no ids", "a line I: bus vendor product")
        if self._problems or self._descriptor is None or self._ids is None:
            raise FileProblems(tuple(self._problems))
        return Recording(
            self._texts["N"], *self._ids, self._descriptor, tuple(self._reports),
            tuple(self._comments), self._texts["P"],
        )  # fmt: skip

    def _bytes(self, number: int, text: str, limit: int) -> bytes | None:
        """Return the bytes after their count."""
        sized = _SIZED.fullmatch(text.strip())
        if sized is None:
            self._wrong(number, text[:40], "a size and that many bytes in hexadecimal")
            return None
        data = bytes.fromhex(sized[2])
        if len(data) != int(sized[1]) or len(data) > limit:
            self._wrong(number, f"{len(data)} bytes", f"{sized[1]} bytes, at most {limit}")
            return None
        return data

    def _wrong(self, number: int, found: str, expected: str) -> None:
        self._problems.append(Problem(self._file, number, "hid-recorder", found, expected))
