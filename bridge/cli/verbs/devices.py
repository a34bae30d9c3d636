"""Words about devices: which there are, and what their descriptors declare."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bridge.cli.client import NotRunningError
from bridge.cli.exits import Exit
from bridge.cli.explain_source import explain as explain_file
from bridge.cli.show import columns, emit, entries, inner, text
from bridge.cli.verbs.asking import Body, device_row
from bridge.cli.where import connect
from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.ports import HidNode
from bridge.drivers.udev.sysfs import node_names, read_node
from bridge.model.errors import TransportError
from bridge.model.habits import HeadsetMode
from bridge.model.ids import DeviceId
from bridge.model.redaction import printable
from bridge.profiles.library import Identity, Library, load_library
from bridge.protocols.control_status import device_body
from bridge.protocols.control_wire import GetDevices, SetMode
from bridge.protocols.hid_explain import Explanation, explain_descriptor
from bridge.protocols.hid_roles import LeftAlone


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


def mode(args: argparse.Namespace) -> Exit:
    """Change a headset's mode in the running daemon."""
    wanted = HeadsetMode(args.mode)
    with connect(args) as client:
        client.ask(SetMode(DeviceId(args.device), wanted))
    emit(
        {"device": args.device, "mode": wanted.value},
        [f"{args.device}: {wanted.value}"],
        as_json=args.json,
    )
    return Exit.OK


def _row(device: Body) -> list[str]:
    state = inner(device, "state")
    if not state:
        return [text(device.get(key)) for key in ("device", "usb", "name")]
    return device_row({**state, "name": device.get("name"), "usb": device.get("usb")})


def explain(args: argparse.Namespace) -> Exit:
    """Show what descriptors declare, which profiles apply and what will be written.

    Raises:
        TransportError: there is no such device or file.
        FileProblems: the file is no recording and no descriptor.
    """
    explained = _explained(args.device)
    bodies = [one.to_json() for one in explained]
    body: dict[str, object] = {"schema": 1, "devices": bodies}
    if args.device is not None and len(bodies) == 1:
        body = bodies[0]
    lines = [line for one in explained for line in (*one.to_text().splitlines(), "")]
    emit(body, lines[:-1] or ["no HID device is plugged in"], as_json=args.json)
    return Exit.OK


def _explained(name: str | None) -> list[Explanation]:
    library = load_library()
    meant, nodes = (plugged_in(), []) if name is None else matching(name)
    if name is not None and not meant:
        if not Path(name).is_file():
            raise TransportError(unknown(name, nodes))
        return [explain_file(name, library)]
    return [_of_node(node, library) for node in meant]


def _of_node(node: HidNode, library: Library) -> Explanation:
    identity = Identity(node.vendor_id, node.product_id, printable(node.name))
    found = recognise(node, library)
    device = found.info.device if isinstance(found, Recognised) else ""
    explained = explain_descriptor(node.node, identity, node.descriptor, library)
    return replace(explained, device=device)


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


def matching(name: str) -> tuple[list[HidNode], list[HidNode]]:
    """Return the nodes that a device id, a path or a USB id means, and all there are."""
    nodes = plugged_in()
    return [node for node in nodes if _is_meant(node, name)], nodes


def unknown(name: str, nodes: list[HidNode]) -> str:
    """Return the sentence for a name that means nothing here."""
    known = ", ".join(node.node for node in nodes) or "none"
    return (
        f"no device or dump {name}; expected a device id, a USB id such as 0b0e:0307, a dump, or "
        f"one of the plugged-in nodes: {known}"
    )


def _is_meant(node: HidNode, name: str) -> bool:
    usb = f"{node.vendor_id:04x}:{node.product_id:04x}"
    if name in (node.node, Path(node.node).name) or name.lower() == usb:
        return True
    found = recognise(node, load_library())
    return isinstance(found, Recognised) and found.info.device == name


def _recognised(nodes: list[HidNode]) -> Iterator[tuple[HidNode, Recognised | LeftAlone]]:
    library = load_library()
    for node in nodes:
        yield node, recognise(node, library)
