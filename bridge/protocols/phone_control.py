"""Orders to desk phones: one order to one HTTP request, and the answer. Page: ``phone_events.md``.

Pure: sending, passwords and time are the driver's. What a vendor does not document is refused with
a sentence, never guessed.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never
from urllib.parse import quote

from bridge.model.effects import (
    AnswerCall,
    EndCall,
    EngineOrder,
    HoldCall,
    PlaceCall,
    RejectCall,
    ResumeCall,
    SendDtmf,
    SetMicrophone,
)
from bridge.model.phones import PhoneVendor

CALL_STATUS_PATH = "/api/v2/webCallControl/callStatus"
POLY_DONE = "2000"  # Status of an answer that is no error
LONGEST_ANSWER = 65_536  # bytes

_NUMBER = re.compile(r"\+?[0-9*#]{1,64}")
_URI = re.compile(r"sips?:[^\s<>\"&;?#]{1,128}")
_DIGITS = re.compile(r"[0-9*#]{1,32}")


@dataclass(frozen=True, slots=True)
class PhoneRequest:
    """One request.

    Args:
        method: ``GET`` or ``POST``.
        path: with the query, percent-encoded.
        body: JSON; empty with ``GET``.
    """

    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Which:
    """The call an order is about, as the phone knows it.

    Args:
        name: the phone's own name of it; empty where it never said one.
        alone: it is the only call there.
    """

    name: str
    alone: bool


@dataclass(frozen=True, slots=True)
class PolyCall:
    """One call in the answer to ``CALL_STATUS_PATH``."""

    handle: str
    number: str


def request_for(
    vendor: PhoneVendor, order: EngineOrder, which: Which, identity: str = ""
) -> PhoneRequest | str:
    """Return what to send, or one sentence why that cannot be.

    Args:
        vendor: whose language.
        order: what is to be done.
        which: the call; of Poly phones ``name`` must be the handle of ``choose``.
        identity: the phone's account that is to dial; empty = its first.
    """
    match vendor:
        case PhoneVendor.YEALINK:
            return _yealink(order, which, identity)
        case PhoneVendor.SNOM:
            return _snom(order, which, identity)
        case PhoneVendor.POLY:
            return _poly(order, which)
        case PhoneVendor.GIGASET:
            return "no way to control Gigaset phones over the network is published"
        case _ as unreachable:
            assert_never(unreachable)


# -- Yealink: Action URI ------------------------------------------------------


def _yealink(order: EngineOrder, which: Which, identity: str) -> PhoneRequest | str:
    match order:
        case PlaceCall(target=target):
            if (number := _dialled(target)) is None:
                return _no_number(target)
            source = f"&outgoing_uri={quote(identity, safe='@')}" if identity else ""
            return PhoneRequest("GET", f"/servlet?key=number={number}{source}")
        case AnswerCall():
            return _yealink_key("ASW", "ASW", which)
        case EndCall():
            return _yealink_key("CANCEL", "CALLEND", which)
        case RejectCall():
            return _yealink_key("CANCEL", "", which)
        case HoldCall():
            return _yealink_key("HOLD", "F_HOLD", which)
        case ResumeCall():
            return _yealink_key("UNHOLD", "", which)
        case _:
            return _cannot(order)


def _yealink_key(named: str, alone: str, which: Which) -> PhoneRequest | str:
    if which.name:
        return PhoneRequest("GET", f"/servlet?key={named}:{quote(which.name, safe='')}")
    if alone and which.alone:
        return PhoneRequest("GET", f"/servlet?key={alone}")
    return "the phone never named this call: put `call=$call_id` into its action URLs"


# -- Snom: command.htm --------------------------------------------------------


def _snom(order: EngineOrder, which: Which, identity: str) -> PhoneRequest | str:
    match order:
        case PlaceCall(target=target):
            if (number := _dialled(target)) is None:
                return _no_number(target)
            source = f"&outgoing_uri={quote(identity, safe='@:')}" if identity else ""
            return PhoneRequest("GET", f"/command.htm?number={number}{source}")
        case SendDtmf(digits=digits) if _DIGITS.fullmatch(digits):
            return _snom_key(f"key_dtmf={quote(digits, safe='')}", which)
        case AnswerCall():
            return _snom_key("key=ENTER", which)
        case EndCall() | RejectCall():
            return _snom_key("key=CANCEL", which)
        case HoldCall() | ResumeCall():
            return _snom_key("key=F_HOLD", which)
        case _:
            return _cannot(order)


def _snom_key(query: str, which: Which) -> PhoneRequest | str:
    """A key acts on what the screen shows: sent only where no other call can be meant."""
    if which.alone:
        return PhoneRequest("GET", f"/command.htm?{query}")
    return "the phone has several calls and takes keys only: press the key on the phone itself"


# -- Poly: REST API -----------------------------------------------------------


_POLY_WORDS: dict[type[EngineOrder], str] = {
    AnswerCall: "answerCall",
    RejectCall: "rejectCall",
    EndCall: "endCall",
    HoldCall: "holdCall",
    ResumeCall: "resumeCall",
}


def _poly(order: EngineOrder, which: Which) -> PhoneRequest | str:
    match order:
        case PlaceCall(target=target):
            if _dialled(target) is None:
                return _no_number(target)
            kind = "SIP" if _URI.fullmatch(target) else "TEL"
            return _post("dial", {"Dest": target, "Line": "1", "Type": kind})
        case AnswerCall() | RejectCall() | EndCall() | HoldCall() | ResumeCall():
            return _post(_POLY_WORDS[type(order)], {"Ref": which.name})
        case SendDtmf(digits=digits) if _DIGITS.fullmatch(digits):
            return _post("sendDTMF", {"digits": digits})
        case SetMicrophone(muted=muted):
            return _post("mute", {"state": "1" if muted else "0"})
        case _:
            return _cannot(order)


def _post(what: str, data: dict[str, str]) -> PhoneRequest:
    body = json.dumps({"data": data}).encode()
    return PhoneRequest("POST", f"/api/v1/callctrl/{what}", body)


def needs_handle(vendor: PhoneVendor, order: EngineOrder) -> bool:
    """Say whether the phone has to be asked first which call is which."""
    return vendor is PhoneVendor.POLY and type(order) in _POLY_WORDS


def read_call_status(body: bytes) -> tuple[PolyCall, ...] | str:
    """Return the calls a Poly phone has, or one sentence why they are not known."""
    answer = _json(body)
    data = answer.get("data")
    if answer.get("Status") != POLY_DONE and data is None:
        return refusal_of(PhoneVendor.POLY, body) or "the phone does not tell its calls"
    found = data if isinstance(data, list) else [data]
    return tuple(
        PolyCall(one["CallHandle"], str(one.get("RemotePartyNumber", "")))
        for one in found
        if isinstance(one, dict) and isinstance(one.get("CallHandle"), str)
    )


def choose(calls: Sequence[PolyCall], name: str, number: str) -> str:
    """Return the handle of our call, empty where it cannot be told from others.

    Args:
        calls: what the phone has.
        name: the reference it gave in its notifications; perhaps another word than the handle.
        number: of the other end, as notified; empty = not known.
    """
    if name and any(call.handle == name for call in calls):
        return name
    if len(calls) != 1:
        return ""
    (call,) = calls
    is_other = number and call.number and number not in call.number
    return "" if is_other else call.handle


# -- answers ------------------------------------------------------------------


def refusal_of(vendor: PhoneVendor, body: bytes) -> str:
    """Return the sentence for an answer ``200 OK`` that is none; empty = it was done."""
    if vendor is not PhoneVendor.POLY:
        return ""
    status = _json(body).get("Status")
    if status == POLY_DONE:
        return ""
    shown = status if isinstance(status, str) and status.isdigit() else "that is none"
    return f"the phone refused, with a status {shown[:8]}, expected {POLY_DONE}"


def _json(body: bytes) -> dict[str, object]:
    try:
        found: object = json.loads(body[:LONGEST_ANSWER])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _dialled(target: str) -> str | None:
    known = _NUMBER.fullmatch(target) or _URI.fullmatch(target)
    return quote(target, safe="") if known else None


def _no_number(target: str) -> str:
    """Say what is wrong, without the number."""
    return f"a phone dials digits, + * # or a sip: address, found {len(target)} other characters"


_WORDS = {
    "SendDtmf": "send digits",
    "SetMicrophone": "be muted",
    "DivertCall": "send a call elsewhere",
    "TransferCall": "transfer a call",
    "ConnectCalls": "connect two calls",
    "JoinCalls": "join two calls",
    "RecordCall": "record a call",
}


def _cannot(order: EngineOrder) -> str:
    what = _WORDS.get(type(order).__name__, "do that")
    return f"this desk phone cannot {what} by a request from here: use its own keys"
