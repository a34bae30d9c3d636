"""Finds the report descriptor a user points at, and explains it."""

import json
import re
from pathlib import Path

from bridge.drivers.udev.monitor import describe_node
from bridge.model.errors import FileProblems, Problem, TransportError
from bridge.model.redaction import printable
from bridge.profiles.library import Identity, Library, load_library
from bridge.protocols.hid_descriptor import MAX_BYTES
from bridge.protocols.hid_explain import Explanation, explain_descriptor
from bridge.protocols.hid_recorder import MAX_CHARACTERS, read_recording

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)  # as tools that decode write it
_FORMS = (
    "expected a recording with a line `R: length bytes…`, or a report descriptor as raw bytes, "
    "hexadecimal text or JSON"
)


def explain(source: str, library: Library | None = None) -> Explanation:
    """Return what a device is taken for and what will be written to it.

    Args:
        source: a hidraw node such as ``/dev/hidraw3``; a recording of hid-recorder; a file with
            the descriptor as raw bytes, as hexadecimal text (with commas and C comments or
            without), or as JSON with the keys ``report_descriptor`` (hexadecimal),
            ``vendor_id``, ``product_id`` and ``name``.
        library: profiles; None loads the product's own.

    Raises:
        TransportError: there is no such node or file, or it cannot be read.
        FileProblems: the file is none of these.
    """
    identity, descriptor = find_source(source)
    return explain_descriptor(source, identity, descriptor, library or load_library())


def find_source(source: str) -> tuple[Identity, bytes]:
    """Return identity and descriptor of whatever the source is; arguments and errors as above."""
    path = Path(source)
    if path.name.startswith("hidraw") and not path.is_file():
        node = describe_node(source)
        identity = Identity(node.vendor_id, node.product_id, printable(node.name))
        return identity, node.descriptor
    try:
        if path.stat().st_size > MAX_CHARACTERS:
            raise TransportError(f"{source} is too large for a descriptor or a recording")
        data = path.read_bytes()
    except OSError as error:
        raise TransportError(f"{source} cannot be read: {error.strerror or error}") from error
    return _from_bytes(data, source)


def _from_bytes(data: bytes, source: str) -> tuple[Identity, bytes]:
    try:
        text = data.decode("ascii" if b"\0" in data else "utf-8")
    except UnicodeDecodeError:
        return Identity(0, 0), data
    stripped = text.strip()
    if stripped.startswith("{"):
        return _from_json(stripped, source)
    if any(line.startswith(("R:", "E:")) for line in stripped.splitlines()):
        recording = read_recording(text, source)
        name = printable(recording.name)
        return Identity(recording.vendor, recording.product, name), recording.descriptor
    bare = _COMMENT.sub(" ", stripped).replace(",", " ")
    try:
        return Identity(0, 0), bytes.fromhex(bare.replace("0x", "").replace("0X", ""))
    except ValueError:
        if stripped and all(c.isprintable() or c.isspace() for c in stripped):
            raise TransportError(f"{source}: {_FORMS}, found other text") from None
        return Identity(0, 0), data


def _from_json(text: str, source: str) -> tuple[Identity, bytes]:
    expected = 'JSON with "report_descriptor": hexadecimal, "vendor_id", "product_id", "name"'
    try:
        facts = json.loads(text)
        descriptor = bytes.fromhex(str(facts["report_descriptor"])[: MAX_BYTES * 2 + 2])
        vendor, product = (
            int(str(facts.get(key) or "0"), 16) & 0xFFFF for key in ("vendor_id", "product_id")
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        found = printable(str(error)) or "something else"
        raise FileProblems((Problem(source, 0, "(file)", found, expected),)) from error
    return Identity(vendor, product, printable(str(facts.get("name") or ""))), descriptor
