"""The SIP messages that PJSIP's events carry."""

import pjsua2 as pj


def acknowledgement(event: pj.SipEvent) -> str:
    """Return the ACK, sent or received, that confirmed a call; empty where PJSIP tells of none."""
    if event.type == pj.PJSIP_EVENT_TX_MSG:
        return str(event.body.txMsg.tdata.wholeMsg)
    if event.type == pj.PJSIP_EVENT_RX_MSG:
        return str(event.body.rxMsg.rdata.wholeMsg)
    return ""


def answer(event: pj.SipEvent) -> str:
    """Return the message that changed the state of a transaction; empty where there is none."""
    if event.type != pj.PJSIP_EVENT_TSX_STATE:
        return ""
    changed = event.body.tsxState
    return str(changed.src.rdata.wholeMsg) if changed.type == pj.PJSIP_EVENT_RX_MSG else ""
