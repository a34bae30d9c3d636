"""Dialog state documents (RFC 4235): what a watching telephone lights its lamp by.

Written here for our own user only. Whom he speaks to is left out: a lamp needs the state, and who
talks to whom is nobody's business.
"""

from dataclasses import dataclass
from xml.etree import ElementTree as ET

from bridge.model.calls import CallView, Direction, Phase

CONTENT_TYPE = "application/dialog-info+xml"
_NAMESPACE = "urn:ietf:params:xml:ns:dialog-info"

# RFC 4235 section 3.7.1. A call that rings at the other end is early for the caller, too.
_STATES = {
    Phase.DIALING: "trying",
    Phase.EARLY: "early",
    Phase.RINGING: "early",
    Phase.CONNECTED: "confirmed",
    Phase.HELD: "confirmed",
    Phase.REMOTE_HELD: "confirmed",
    Phase.ENDED: "terminated",
}


@dataclass(frozen=True, slots=True)
class ShownDialog:
    """One call as watchers may know it.

    Args:
        name: stable while it lasts, ``[0-9a-z]{1,40}``.
        state: word of RFC 4235: trying, early, confirmed, terminated.
        is_initiator: our user called.
        is_held: on hold by our user (``+sip.rendering``, RFC 4235 section 4.1.6.2).
    """

    name: str
    state: str
    is_initiator: bool
    is_held: bool = False


def shown_dialog(call: CallView) -> ShownDialog:
    """Return what watchers may know of a call."""
    return ShownDialog(
        call.call,
        _STATES[call.phase],
        call.direction is Direction.OUTGOING,
        call.phase is Phase.HELD,
    )


def write_dialog_info(entity: str, version: int, dialogs: tuple[ShownDialog, ...]) -> bytes:
    """Return a full-state document.

    Args:
        entity: SIP URI of our user.
        version: 0.., higher with each document.
        dialogs: all there are, each ended one a last time as ``terminated``.
    """
    ET.register_namespace("", _NAMESPACE)
    root = ET.Element(_tag("dialog-info"), version=str(version), state="full", entity=entity)
    for dialog in dialogs:
        direction = "initiator" if dialog.is_initiator else "recipient"
        node = ET.SubElement(root, _tag("dialog"), id=dialog.name, direction=direction)
        ET.SubElement(node, _tag("state")).text = dialog.state
        if dialog.is_held:
            local = ET.SubElement(node, _tag("local"))
            target = ET.SubElement(local, _tag("target"), uri=entity)
            ET.SubElement(target, _tag("param"), pname="+sip.rendering", pval="no")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + bytes(ET.tostring(root))


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"
