"""Outgoing calls: from an order to an INVITE on the wire, or to the reason why there is none."""

import pjsua2 as pj

from bridge.engine.calls import Call, local
from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.engine.identity import add_header, show
from bridge.engine.lines import Line
from bridge.engine.lines_of import uri_of
from bridge.engine.operations import NOT_NOW, failed, options
from bridge.engine.resolver import is_address
from bridge.model.calls import Cause, EndedBy
from bridge.model.effects import EndCall, PlaceCall
from bridge.model.engine_limits import PJSUA2
from bridge.model.events import CallEnded
from bridge.model.ids import CallId
from bridge.protocols.sip_dialog import dialog
from bridge.protocols.sip_reasons import cause_of_end
from bridge.protocols.sip_text import BadAddress

_NO_REACTION_S = 8.0
"""An INVITE without any reaction for so long has failed; PJSIP would wait 32 s (timer B)."""


def place(desk: Desk, order: PlaceCall) -> None:
    """Place a call. The same order again does nothing."""
    if order.call in desk.calls or order.call in desk.dialing:
        return
    reason = _obstacle(desk, order)
    if reason:
        _give_up(desk, order.call, reason)
        return
    line = desk.lines[order.account]
    try:
        uri = uri_of(line, order.target)
        show(line, order.identity)
        dialog(order.replaces)
    except BadAddress as e:
        _give_up(desk, order.call, str(e))
        return
    host = "" if line.server else _host_of(uri)
    if not host or is_address(host):
        _invite(desk, line, order, uri)
    else:
        _look_up(desk, order, uri, host)


def with_dialing(desk: Desk, call: CallId, order: str) -> None:
    """Carry out an order for a call whose host name is still being looked up."""
    if order != EndCall.__name__:
        desk.refuse(call, order, NOT_NOW)
        return
    del desk.dialing[call]
    desk.report(CallEnded(desk.now(), call, local("hung up here")))


def _obstacle(desk: Desk, order: PlaceCall) -> str:
    """Return why PJSIP need not be asked, or an empty string."""
    if order.account not in desk.wanted:
        return f"there is no account {order.account}"
    if order.account not in desk.lines:
        return f"account {order.account} cannot be used yet; its status says why"
    if len(desk.calls) + len(desk.dialing) >= PJSUA2.max_calls:
        return f"{PJSUA2.max_calls} calls at once are the most this engine can carry"
    return ""


def _host_of(uri: str) -> str:
    """Return the host of an address that ``target_uri`` made."""
    address = uri.partition(":")[2].partition(";")[0]
    return address.rpartition("@")[2].partition(":")[0]


def _look_up(desk: Desk, order: PlaceCall, uri: str, host: str) -> None:
    """Find the peer's address first; peer to peer there is no server that would."""
    desk.dialing[order.call] = order

    def found(address: str) -> None:
        line = desk.lines.get(order.account)
        if desk.dialing.pop(order.call, None) is None:
            return  # hung up meanwhile
        if not address or line is None:
            _give_up(desk, order.call, f"the name {host} is not known; check it and the network")
            return
        user, at, rest = uri.rpartition("@") if "@" in uri else uri.partition(":")
        _invite(desk, line, order, user + at + rest.replace(host, address, 1))

    desk.resolver.ask(host, found)


def _invite(desk: Desk, line: Line, order: PlaceCall, uri: str) -> None:
    call = Call(desk, line, order.account, order.call)
    desk.calls[order.call] = call
    desk.brake.begin()
    try:
        parameters = options()
        parameters.txOption = show(line, order.identity)
        if order.replaces:
            add_header(parameters.txOption, "Replaces", dialog(order.replaces))
            add_header(parameters.txOption, "Require", "replaces")  # else a stranger's phone rings
        call.makeCall(uri, parameters)
    except pj.Error as e:
        reason = failed(e)
        describe(e)  # lets go of the call its frames hold
        desk.drop(call)
        if not call.reported:
            _give_up(desk, order.call, reason)
        return
    desk.agenda.after(_NO_REACTION_S, lambda: _nobody_reacted(desk, order.call))


def _give_up(desk: Desk, call: CallId, reason: str) -> None:
    desk.refuse(call, PlaceCall.__name__, reason)
    desk.report(CallEnded(desk.now(), call, Cause(EndedBy.ERROR, 0, reason)))


def _nobody_reacted(desk: Desk, call_id: CallId) -> None:
    call = desk.calls.get(call_id)
    if call is None or call.heard or call.reported:
        return
    cause = cause_of_end(408, "", call.account_id, connected=False)
    desk.end(call, cause)
    call.finish(cause)
