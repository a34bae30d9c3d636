"""Telephony notifications of Poly phones: XML to what happened. Page: ``phone_events.md``.

A document with a DTD is refused before anything in it is read, so nothing can be expanded; size,
depth and number of elements are limited.
"""

from dataclasses import dataclass, field
from typing import NoReturn
from xml.parsers import expat  # no DTD, no entities: refused below

from bridge.model.calls import Party
from bridge.model.phones import Happening, PhoneEvent, Refused
from bridge.model.redaction import printable
from bridge.protocols.phone_events import LONGEST_CALL, party

LARGEST_BYTES = 16_384  # the example of the guide has 700; one call line more costs 500
DEEPEST = 8  # the guide's documents have 5 levels
MOST_ELEMENTS = 256
LONGEST_TEXT = 256

_STATES = {
    "setup": Happening.DIALING,
    "ringback": Happening.RINGBACK,
    "offering": Happening.RINGING,
    "connected": Happening.CONNECTED,
    "callconference": Happening.CONNECTED,
    "hold": Happening.HELD,
    "callhold": Happening.HELD,
    "callconfhold": Happening.HELD,
    "held": Happening.REMOTE_HELD,
    "callheld": Happening.REMOTE_HELD,
    "callconfheld": Happening.REMOTE_HELD,
    "free": Happening.ENDED,
    "disconnected": Happening.ENDED,
}
"""States of a call; ``Dialtone`` and ``Ncas`` say nothing about one."""

_PLAIN = {
    "OffHookEvent": Happening.OFF_HOOK,
    "OnHookEvent": Happening.ON_HOOK,
    "LineRegistrationEvent": Happening.REGISTERED,
    "LineUnregistrationEvent": Happening.UNREGISTERED,
}


@dataclass(slots=True)
class _Element:
    name: str
    attributes: dict[str, str]
    text: str = ""
    inside: list["_Element"] = field(default_factory=list)

    def first(self, name: str) -> str:
        """Return the text of the first child of that name, empty where there is none."""
        return next((one.text.strip() for one in self.inside if one.name == name), "")


class _TooMuch(Exception):  # noqa: N818  # never leaves this file
    """The document is not what a phone sends."""


def read_notification(body: bytes) -> tuple[PhoneEvent, ...] | Refused:
    """Return what a POST tells; events that say nothing new (``IncomingCallEvent``) give none.

    Args:
        body: the document as it came, with or without ``PolycomIPPhone`` around it.
    """
    if len(body) > LARGEST_BYTES:
        return Refused.TOO_LARGE
    try:
        root = _tree(body)
    except (_TooMuch, expat.ExpatError, ValueError, LookupError):
        return Refused.BAD_XML  # ValueError, LookupError: what the encoding declaration may cause
    told = root.inside if root.name == "PolycomIPPhone" else [root]
    return tuple(event for one in told if (event := _event(one)) is not None)


def _event(element: _Element) -> PhoneEvent | None:
    if element.name == "CallStateChangeEvent":
        return _state_change(element)
    happening = _PLAIN.get(element.name)
    return None if happening is None else PhoneEvent(happening)


def _state_change(element: _Element) -> PhoneEvent | None:
    happening = _STATES.get(element.attributes.get("CallState", "").strip().lower())
    if happening is None:
        return None
    call = printable(element.attributes.get("CallReference", "").strip(), LONGEST_CALL)
    return PhoneEvent(happening, call, _remote(element, call))


def _remote(element: _Element, call: str) -> Party:
    infos = [
        info
        for line in element.inside
        if line.name == "CallLineInfo"
        for info in line.inside
        if info.name == "CallInfo"
    ]
    info = next((one for one in infos if one.first("CallReference") == call), None)
    if info is None:
        return party("")
    side = "Calling" if info.first("CallType").lower() == "incoming" else "Called"
    number = info.first(f"{side}PartyDirNum") or info.first(f"{side}PartyNumber")
    return party(number, info.first(f"{side}PartyName"))


def _tree(body: bytes) -> _Element:
    top = _Element("", {})
    stack = [top]
    count = 0

    def opened(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS or len(stack) > DEEPEST:
            raise _TooMuch
        element = _Element(name, attributes)
        stack[-1].inside.append(element)
        stack.append(element)

    def said(text: str) -> None:
        stack[-1].text = (stack[-1].text + text)[:LONGEST_TEXT]

    def closed(_name: str) -> None:
        stack.pop()

    def refused(*_anything: object) -> NoReturn:
        raise _TooMuch

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = opened, closed
    parser.CharacterDataHandler = said
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = refused
    parser.Parse(body, True)
    return top.inside[0]
