"""Words about devices: which there are, and what their descriptors declare."""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.client import NotRunningError
from bridge.cli.exits import Exit
from bridge.cli.show import columns, emit, entries, inner, text
from bridge.cli.verbs.asking import Body, device_row
from bridge.cli.where import connect
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode
from bridge.drivers.udev.sysfs import node_names, read_node
from bridge.model.errors import TransportError
from bridge.profiles.library import load_library
from bridge.protocols.control_status import device_body
from bridge.protocols.control_wire import GetDevices
from bridge.protocols.hid_roles import Input, LeftAlone, Output

MAX_DUMP_BYTES = 1024 * 1024  # an hour of key presses has 100 KiB
USB_ID = re.compile(r"[0-9a-f]{4}:[0-9a-f]{4}")

# hid-recorder(1): R: length and bytes of the descriptor, N: name, I: bus vendor product.
_DESCRIPTOR = re.compile(r"^R: \d+((?: [0-9a-fA-F]{2})+)\s*$", re.MULTILINE)
_NAME = re.compile(r"^N: (.*)$", re.MULTILINE)
_IDS = re.compile(r"^I: ([0-9a-fA-F]+) ([0-9a-fA-F]+) ([0-9a-fA-F]+)\s*$", re.MULTILINE)


def show(args: argparse.Namespace) -> Exit:
    """List the devices of the daemon; without one, what is plugged in."""
    try:
        with connect(args) as client:
            body: Body = client.ask(GetDevices())
    except NotRunningError as error:
        print(f"offhook: {error}; this is what is plugged in", file=sys.stderr)
        found = (one for _, one in _recognised(plugged_in()) if isinstance(one, Recognised))
        body = {"devices": [device_body(one.info, None) for one in found]}
    devices = entries(body, "devices")
    rows = [[*_row(one), text(one.get("node")), text(one.get("profile"))] for one in devices]
    emit(body, columns(rows) or ["no telephony device"], as_json=args.json)
    return Exit.OK


def _row(device: Body) -> list[str]:
    state = inner(device, "state")
    if not state:
        return [text(device.get(key)) for key in ("device", "usb", "name")]
    return device_row({**state, "name": device.get("name"), "usb": device.get("usb")})


def explain(args: argparse.Namespace) -> Exit:
    """Show what descriptors declare and which profiles apply.

    Raises:
        TransportError: there is no such device or dump.
    """
    explained = list(_recognised(chosen(args.device)))
    body = {"devices": [_explained_body(node, found) for node, found in explained]}
    lines = [line for node, found in explained for line in _explained(node, found)]
    emit(body, lines or ["no HID device is plugged in"], as_json=args.json)
    return Exit.OK


# -- which devices ------------------------------------------------------------


def plugged_in() -> list[HidNode]:
    """Return every hidraw node; those that vanish meanwhile are left out."""
    nodes = []
    for name in node_names():
        try:
            nodes.append(read_node(name))
        except OSError:
            continue
    return nodes


def chosen(name: str | None) -> list[HidNode]:
    """Return the nodes that are meant.

    Args:
        name: device id, ``/dev/hidrawN``, USB id or path of a dump; None = all.

    Raises:
        TransportError: there is none.
    """
    if name is None:
        return plugged_in()
    nodes = plugged_in()
    same = [node for node in nodes if _is_meant(node, name)]
    if same:
        return same
    if Path(name).is_file():
        return [read_dump(Path(name))]
    known = ", ".join(node.node for node in nodes) or "none"
    raise TransportError(
        f"no device or dump {name}; expected a device id, a USB id such as 0b0e:0307, a dump, or "
        f"one of the plugged-in nodes: {known}"
    )


def _is_meant(node: HidNode, name: str) -> bool:
    usb = f"{node.vendor_id:04x}:{node.product_id:04x}"
    if name in (node.node, Path(node.node).name) or name.lower() == usb:
        return True
    found = recognise(node, load_library())
    return isinstance(found, Recognised) and found.info.device == name


def read_dump(path: Path) -> HidNode:
    """Return the node a dump was made of: hid-recorder text, or the bare descriptor.

    Raises:
        TransportError: it cannot be read, or holds no descriptor.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_DUMP_BYTES)
    except OSError as error:
        raise TransportError(f"cannot read {path}: {error.strerror}") from error
    words = data.decode("utf-8", "replace")
    found = _DESCRIPTOR.search(words)
    if found is None and all(c.isprintable() or c.isspace() for c in words):
        raise TransportError(f"{path}: expected a line `R: length bytes…`, found none")
    name, ids = _NAME.search(words), _IDS.search(words)
    bus, vendor, product = (int(part, 16) for part in ids.groups()) if ids else (0, 0, 0)
    return HidNode(
        node=str(path),
        bus=bus,
        vendor_id=vendor & 0xFFFF,
        product_id=product & 0xFFFF,
        name=name[1].strip() if name else path.stem,
        serial="",
        port="",
        descriptor=bytes.fromhex(found[1]) if found else data,
    )


def _recognised(nodes: list[HidNode]) -> Iterator[tuple[HidNode, Recognised | LeftAlone]]:
    library = load_library()
    for node in nodes:
        yield node, recognise(node, library)


# -- the explanation ----------------------------------------------------------


def _explained(node: HidNode, found: Recognised | LeftAlone) -> Iterator[str]:
    usb = f"{node.vendor_id:04x}:{node.product_id:04x}"
    if isinstance(found, LeftAlone):
        yield f"{node.node}  {usb}  {node.name}: left alone, {found.reason}"
        return
    yield f"{node.node}  {usb}  {found.info.name}"
    yield f"  device   {found.info.device}"
    yield f"  profile  {found.profile.id}"
    for why in found.why:
        yield f"           {why}"
    yield from columns([["  key    ", *_input_cells(one)] for one in found.layout.inputs])
    yield from columns([["  lamp   ", *_output_cells(one)] for one in found.layout.outputs])


def _input_cells(one: Input) -> list[str]:
    name = f"{one.control.value} {one.key}".strip()
    usage = str(one.usage) if one.usage is not None else "from the profile"
    return [name, f"report {one.report:02x} bit {one.bit}", one.style.value, usage]


def _output_cells(one: Output) -> list[str]:
    usage = str(one.usage) if one.usage is not None else "from the profile"
    return [one.lamp.value, f"report {one.report:02x} bit {one.bit}", "", usage]


def _explained_body(node: HidNode, found: Recognised | LeftAlone) -> dict[str, object]:
    body: dict[str, object] = {
        "node": node.node,
        "usb": f"{node.vendor_id:04x}:{node.product_id:04x}",
        "name": node.name,
    }
    if isinstance(found, LeftAlone):
        return {**body, "telephony": False, "reason": found.reason}
    return {
        **body,
        "telephony": True,
        "device": found.info.device,
        "profile": found.profile.id,
        "why": list(found.why),
        "keys": [_place(one.control.value, one) | {"key": one.key} for one in found.layout.inputs],
        "lamps": [_place(one.lamp.value, one) for one in found.layout.outputs],
    }


def _place(name: str, one: Input | Output) -> dict[str, object]:
    return {
        "name": name,
        "report": one.report,
        "bit": one.bit,
        "size": one.size,
        "usage": str(one.usage) if one.usage is not None else None,
        "style": one.style.value if isinstance(one, Input) else None,
    }
