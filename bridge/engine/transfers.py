"""Calls sent elsewhere inside a dialog: REFER and Replaces, as the one who asks and who is asked.

The engine never hangs up because of a transfer: the core decides when it hears how it went.
Who may send us elsewhere: the other end of a call of an account that takes transfers; who may take
the place of a call: only our PBX (``registrars``), or peer to peer whoever may call. A new call
gets its ``Call`` object here, which ``desk.calls`` keeps: PJSIP fills it in after the callback, and
one that nobody keeps is hung up.
"""

from typing import TYPE_CHECKING

import pjsua2 as pj

from bridge.engine.desk import Desk, new_call_id
from bridge.engine.lines_of import hosts_of, settings_of, uri_for_others
from bridge.model.calls import Cause, Direction, EndedBy
from bridge.model.engine_limits import MAX_PTIME_MS, PJSUA2
from bridge.model.events import CallReferred, CallReplaced, TransferChanged
from bridge.model.ids import CallId
from bridge.model.redaction import printable
from bridge.protocols.sip_dropped import TransferNews
from bridge.protocols.sip_sent_on import address_sent_to
from bridge.protocols.sip_text import BadAddress, caller_of, longest_ptime_ms, party_of

if TYPE_CHECKING:
    from bridge.engine.calls import Call

_BEGIN_S = 1.0
"""PJSIP begins a new call before the callback's round is over; one that has no slot by then never
began (no route, bad address)."""

DECLINE = 603
ACCEPTED = 202
OK = 200

# -- we ask -------------------------------------------------------------------


def transfer(desk: Desk, call: "Call", target: str, parameters: pj.CallOpParam) -> None:
    """Send the other end to a target (REFER).

    Raises:
        BadAddress: it cannot be called.
        pj.Error: PJSIP refuses.
    """
    call.xfer(uri_for_others(desk.lines.get(call.account_id, call.line), target), parameters)
    call.transferring = True


def connect(call: "Call", other: "Call", parameters: pj.CallOpParam) -> None:
    """Send the other end of a call to the other end of another one (REFER with Replaces).

    Raises:
        pj.Error: PJSIP refuses.
    """
    call.xferReplaces(other, parameters)
    call.transferring = True


def told(call: "Call", prm: pj.OnCallTransferStatusParam) -> None:
    """The other end tells how it goes, or has refused."""
    # The subscription outlives the call, whose slot may be another's by now.
    if not call.transferring or call.reported:
        prm.cont = False
        return
    final = _tell(call, int(prm.statusCode), printable(str(prm.reason)), last=prm.finalNotify)
    prm.cont = not final


def overheard(desk: Desk, news: TransferNews) -> None:
    """The other end has told it in words that PJSIP does not understand."""
    for call in list(desk.calls.values()):
        waits = call.transferring and not call.reported
        if waits and str(call.getInfo().callIdString) == news.sip_call:
            _tell(call, news.status, news.reason, last=news.final)


def _tell(call: "Call", status: int, reason: str, *, last: bool) -> bool:
    """Report how it goes; return whether that was the last of it."""
    final = bool(last) or (status >= OK and status != ACCEPTED)
    call.transferring = not final
    call.desk.report(TransferChanged(call.desk.now(), call.call_id, status, reason, final))
    return final


# -- we are asked -------------------------------------------------------------


def requested(call: "Call", prm: pj.OnCallTransferRequestParam) -> None:
    """The other end sends us elsewhere: call there beside the call that goes on, or decline."""
    prm.statusCode = DECLINE
    desk, target = call.desk, str(prm.dstUri)
    objection = _objection(call, target)
    if objection:
        desk.note(f"refused a transfer that the other end asked for: {objection}", call.call_id)
        return
    new = _begin(call, Direction.OUTGOING)
    prm.newCall, prm.statusCode = new, ACCEPTED
    party = party_of(target.partition("?")[0])
    desk.report(CallReferred(desk.now(), call.call_id, new.call_id, party))


def _objection(call: "Call", target: str) -> str:
    desk, settings = call.desk, settings_of(call)
    if not settings.takes_transfers:
        return "the settings of its account do not allow it"
    if call.ended_here is not None:
        return "the call is over"
    if len(desk.calls) + len(desk.dialing) >= PJSUA2.max_calls:
        return f"there are {PJSUA2.max_calls} calls already"
    try:
        address_sent_to(target, settings, hosts_of(call), may_replace=True)
    except BadAddress as e:
        return str(e)
    return ""


def replace_requested(call: "Call", prm: pj.OnCallReplaceRequestParam) -> None:
    """Somebody wants the place of the other end: let the PBX have it, decline others."""
    prm.statusCode = DECLINE
    desk, settings = call.desk, settings_of(call)
    invite, source = str(prm.rdata.wholeMsg), str(prm.rdata.srcAddress).partition(":")[0]
    if not settings.takes_transfers or not _may_replace(call, source):
        why = "refused a call that would have taken the place of another one"
        desk.note(f"{why}: it came from {source}, not from the PBX", call.call_id)
        return
    if longest_ptime_ms(invite) > MAX_PTIME_MS:
        return
    new = _begin(call, Direction.INCOMING)
    new.answered = new.reported = True  # reported: silent until it is known by ``CallReplaced``
    new.remote = caller_of(invite, trust_identity=bool(settings.server))
    prm.newCall, prm.statusCode = new, OK


def replaced(call: "Call", prm: pj.OnCallReplacedParam) -> None:
    """The other end of a call is another one now; the old dialog ends."""
    desk = call.desk
    new = next((c for c in desk.calls.values() if c.getId() == prm.newCallId), None)
    if new is None or new.remote is None:
        return
    new.reported = False
    if call.ended_here is None:
        call.ended_here = Cause(EndedBy.REMOTE, OK, "another telephone took the place of this one")
    desk.report(CallReplaced(desk.now(), call.call_id, new.call_id, new.remote))


def _may_replace(call: "Call", source: str) -> bool:
    admission = call.desk.admissions.get(call.account_id)
    if admission is None:
        return False
    if admission.settings.server:
        return source in admission.registrars
    return admission.admits(source)


def _begin(call: "Call", direction: Direction) -> "Call":
    """Return a new call of the same line, for PJSIP to fill in."""
    desk = call.desk
    desk.brake.begin()
    new = call.sibling(new_call_id(), direction)
    call_id = new.call_id
    desk.calls[call_id] = new
    desk.agenda.after(_BEGIN_S, lambda: _never_began(desk, call_id))
    return new


def _never_began(desk: Desk, call_id: CallId) -> None:
    call = desk.calls.get(call_id)
    if call is not None and call.getId() == pj.PJSUA_INVALID_ID:
        desk.drop(call)
        desk.end(call, Cause(EndedBy.ERROR, 0, "the call could not be begun"))
