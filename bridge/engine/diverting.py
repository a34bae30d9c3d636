"""Calls sent elsewhere before they are answered: 302, ours and that of others (RFC 3261 21.3.3)."""

from typing import TYPE_CHECKING

import pjsua2 as pj

from bridge.engine.desk import Desk
from bridge.engine.lines_of import hosts_of, settings_of, uri_for_others
from bridge.model.calls import Cause, Direction, EndedBy
from bridge.model.effects import DivertCall
from bridge.model.events import RemoteChanged
from bridge.protocols.sip_sent_on import MAX_HOPS, address_sent_to
from bridge.protocols.sip_text import BadAddress, headers_of, party_of

if TYPE_CHECKING:
    from bridge.engine.calls import Call

MOVED = 302


def divert(desk: Desk, call: "Call", target: str, parameters: pj.CallOpParam) -> None:
    """Tell the caller where to call instead.

    Raises:
        BadAddress: that cannot be called.
        pj.Error: PJSIP refuses.
    """
    if call.direction is Direction.OUTGOING or call.answered:
        reason = "only a call that rings here can be diverted"
        desk.refuse(call.call_id, DivertCall.__name__, reason)
        return
    uri = uri_for_others(desk.lines.get(call.account_id, call.line), target)
    if call.ended_here is not None:
        return
    header = pj.SipHeader()
    header.hName, header.hValue = "Contact", f"<{uri}>"
    parameters.txOption.headers.append(header)
    parameters.statusCode = MOVED
    call.ended_here = Cause(EndedBy.LOCAL, MOVED, "diverted here")
    call.answer(parameters)


def redirected(call: "Call", prm: pj.OnCallRedirectedParam) -> int:
    """Decide at once whether our call follows a 302: to wait and then hang up aborts PJSIP.

    A target that is not followed is rejected, not the whole search stopped: then the call would end
    as if it had been cancelled.
    """
    target = str(prm.targetUri)
    objection = _objection(call, target) or _injection(str(prm.e.body.tsxState.src.rdata.wholeMsg))
    if objection:
        call.desk.note(f"did not follow where a call was sent on to: {objection}", call.call_id)
        return int(pj.PJSIP_REDIRECT_REJECT)
    call.hops += 1
    call.desk.report(RemoteChanged(call.desk.now(), call.call_id, party_of(target)))
    return int(pj.PJSIP_REDIRECT_ACCEPT)


def _injection(answer: str) -> str:
    """PJSIP would put headers of the address into our call, and tells the address without them."""
    if not answer or any("?" in contact for contact in headers_of(answer, "Contact")):
        return "it would add headers to our call"
    return ""


def _objection(call: "Call", target: str) -> str:
    if call.ended_here is not None:
        return "it was hung up here"
    if not settings_of(call).server:
        return "there is no PBX that would vouch for it"
    if call.hops >= MAX_HOPS:
        return f"it was sent on {MAX_HOPS} times already"
    try:
        address_sent_to(target, settings_of(call), hosts_of(call), may_replace=False)
    except BadAddress as e:
        return str(e)
    return ""
