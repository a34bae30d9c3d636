"""Whom a call has reached, or speaks with since the PBX connected somebody else with it.

A PBX that picks a call up for us, sends one on or transfers the other end by itself (Asterisk and
other back-to-back agents) tells in its answers to our INVITE, and later by UPDATE or re-INVITE
(RFC 3311 section 5, RFC 3325, RFC 5876 section 3.1).
"""

from typing import TYPE_CHECKING

import pjsua2 as pj

from bridge.engine.lines_of import settings_of
from bridge.model.events import RemoteChanged
from bridge.protocols.sip_text import connected_party

if TYPE_CHECKING:
    from bridge.engine.calls import Call

_ANSWERS = range(101, 300)
_IN_CALL = ("INVITE", "UPDATE")


def noticed(call: "Call", event: pj.TsxStateEvent) -> None:
    """Report whom a message names, if it comes from a PBX and names somebody else than before."""
    if event.type != pj.PJSIP_EVENT_RX_MSG or call.reported or not settings_of(call).server:
        return
    tsx = event.tsx
    answers = tsx.role == pj.PJSIP_ROLE_UAC and tsx.statusCode in _ANSWERS
    if tsx.method not in _IN_CALL or not (answers or tsx.role == pj.PJSIP_ROLE_UAS):
        return
    party = connected_party(str(event.src.rdata.wholeMsg))
    if party is not None and party.number == settings_of(call).user:
        return  # some PBXs repeat who calls
    if party is not None and party != call.connected_to:
        call.connected_to = party
        call.desk.report(RemoteChanged(call.desk.now(), call.call_id, party))
