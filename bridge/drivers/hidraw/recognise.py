"""From a node nobody has opened to a device that is understood, or the reason why not."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace

from bridge.drivers.ports import HidNode
from bridge.model.hid import Control, DeviceInfo
from bridge.model.ids import DeviceId
from bridge.model.redaction import printable
from bridge.profiles.library import Choice, Identity, Library
from bridge.profiles.model import Profile, UsbId
from bridge.protocols.hid_descriptor import Unusable, parse
from bridge.protocols.hid_roles import Layout, LeftAlone, find_roles

HASH_CHARACTERS = 8  # 32 bits: enough to tell the headsets of one desk apart
LEAST_SERIAL = 3  # characters; shorter ones are placeholders


@dataclass(frozen=True, slots=True)
class Recognised:
    """A telephony device.

    Args:
        node: where it is.
        info: what the core is told.
        layout: where its controls and lamps are.
        profile: what applied.
        why: why this profile, and what was left out of the descriptor.
    """

    node: HidNode
    info: DeviceInfo
    layout: Layout
    profile: Profile
    why: tuple[str, ...]


def recognise(
    node: HidNode, library: Library, taken: Collection[DeviceId] = (), *, generic: bool = False
) -> Recognised | LeftAlone:
    """Return what a node is. Opens nothing and never raises for what a device says.

    Args:
        node: as the bus shows it.
        library: all profiles.
        taken: identities of devices that are attached now; two headsets that claim the same
            serial number are told apart by their USB port.
        generic: use the standard usages alone, whatever the profiles say.

    Returns:
        The device, or why it is left alone.
    """
    descriptor = parse(node.descriptor)
    if isinstance(descriptor, Unusable):
        return LeftAlone(descriptor.reason)
    known = Identity(node.vendor_id, node.product_id, node.name, descriptor.usages)
    choice = library.choose(known)
    known_as = choice.profile.match.known_as  # also if its mode is generic: it is the same device
    if generic:
        plain = library.choose(Identity(0, 0, "", frozenset())).profile
        choice = Choice(plain, ("its mode is generic: standard usages alone",))
    profile = choice.profile
    layout = find_roles(descriptor, profile.inputs, profile.outputs, profile.page, profile.at_open)
    if isinstance(layout, LeftAlone):
        return layout
    conduct = replace(
        profile.conduct,
        mute_style=layout.style(Control.MUTE, profile.conduct.mute_style),
        hook_style=layout.style(Control.HOOK, profile.conduct.hook_style),
    )
    info = DeviceInfo(
        device=device_id(node, taken, known_as),
        vendor_id=node.vendor_id,
        product_id=node.product_id,
        name=printable(node.name) or f"{node.vendor_id:04x}:{node.product_id:04x}",
        node=node.node,
        controls=layout.controls,
        lamps=layout.lamps,
        profile=profile.id,
        conduct=conduct,
        port=node.port,
    )
    return Recognised(node, info, layout, profile, (*choice.why, *layout.notes))


def device_id(
    node: HidNode, taken: Collection[DeviceId] = (), known_as: UsbId | None = None
) -> DeviceId:
    """Return a device's identity: the same after replug, without telling its serial number.

    Made from vendor, product and serial number; from the USB port where there is no serial
    number worth the name, or another attached device has the same.

    Args:
        node: as the bus shows it.
        taken: identities of devices that are attached now.
        known_as: the one of its ids that a device with several is known by.
    """
    usb = known_as or UsbId(node.vendor_id, node.product_id)
    base = str(usb).replace(":", "-")
    seeds = [f"port {node.port or node.node}", f"{node.serial} at {node.port} {node.node}"]
    if len(node.serial) >= LEAST_SERIAL and len(set(node.serial)) > 1:
        seeds.insert(0, f"serial {node.serial}")
    names = [DeviceId(f"{base}-{_short_hash(seed)}") for seed in seeds]
    return next((name for name in names if name not in taken), names[-1])


def _short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:HASH_CHARACTERS]
