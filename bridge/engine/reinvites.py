"""A call changed while it is up: hold, resume, a new address of ours (re-INVITE, RFC 3261 14).

One at a time: PJSIP refuses a second one, and where both ends begin one at once (491) both have to
begin again. So each waits for its turn, and is tried again for a while.
"""

import random
from collections.abc import Callable
from typing import TYPE_CHECKING

import pjsua2 as pj

from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.engine.operations import NOT_NOW, failed, options
from bridge.model.effects import HoldCall, ResumeCall
from bridge.model.ids import CallId
from bridge.protocols.sip_reasons import cause_of_end

if TYPE_CHECKING:
    from bridge.engine.calls import Call

HOLD, RESUME, ADDRESS = HoldCall.__name__, ResumeCall.__name__, "new address"

_GLARE = 491
_GLARE_WAIT_S = (0.2, 2.0)  # RFC 3261 section 14.1: up to 2 s for who did not open the call
_BUSY_WAIT_S = 0.1  # while the other end's re-INVITE waits for its ACK
_BUSY_TRIES = 20
_ADDRESS_TRIES = 100  # 10 s: a hold that was sent to the old network has to be given up first
_NEW_ADDRESS = pj.PJSUA_CALL_REINIT_MEDIA | pj.PJSUA_CALL_UPDATE_CONTACT | pj.PJSUA_CALL_UPDATE_VIA
_UNTOLD = "the other end could not be told of our new address"


def hold(call: "Call", tries_left: int = _BUSY_TRIES) -> None:
    """Offer ``sendonly``, unless we hold already; a resume under way is waited for."""
    if call.queued == RESUME:
        _later(call, _BUSY_WAIT_S, HOLD, tries_left)  # its turn comes first
    elif not call.audio.held_here or call.pending == RESUME:
        _offer(call, HOLD, lambda: call.setHold(options()), tries_left)


def resume(call: "Call", tries_left: int = _BUSY_TRIES) -> None:
    """Offer ``sendrecv``, if we hold; a hold under way is waited for."""
    if call.queued == HOLD:
        _later(call, _BUSY_WAIT_S, RESUME, tries_left)  # its turn comes first
    elif call.audio.held_here or call.pending == HOLD:
        parameters = options()
        parameters.opt.flag = pj.PJSUA_CALL_UNHOLD
        _offer(call, RESUME, lambda: call.reinvite(parameters), tries_left)


def readdress(call: "Call", tries_left: int = _ADDRESS_TRIES) -> None:
    """Tell the other end where we are now: Contact, Via and the address of the sound.

    Else what it sends, its BYE included, goes nowhere.
    """
    if call.connected and call.ended_here is None:
        parameters = options()
        parameters.opt.flag = _NEW_ADDRESS
        _offer(call, ADDRESS, lambda: call.reinvite(parameters), tries_left)


def refused(call: "Call", order: str, status: int, phrase: str) -> None:
    """The other end has not taken what we offered."""
    if status == _GLARE:
        wait_s = random.uniform(*_GLARE_WAIT_S)  # noqa: S311  # not a secret
        _later(call, wait_s, order, 0)
    else:
        reason = cause_of_end(status, phrase, call.account_id, connected=False).reason
        _give_up(call, order, reason, status)


def _offer(call: "Call", order: str, send: Callable[[], None], tries_left: int) -> None:
    """Send a re-INVITE; while another one is under way PJSIP refuses, so try again soon."""
    try:
        send()
    except pj.Error as e:
        reason = failed(e)
        describe(e)  # lets go of the call its frames hold
        if call.connected and tries_left:
            _later(call, _BUSY_WAIT_S, order, tries_left - 1)
        else:
            _give_up(call, order, f"{NOT_NOW}: {reason}")
    else:
        call.pending = order


def _give_up(call: "Call", order: str, reason: str, status: int = 0) -> None:
    if order == ADDRESS:  # nobody here has asked for it
        call.desk.note(f"{_UNTOLD}: {reason}", call.call_id)
    else:
        call.desk.refuse(call.call_id, order, reason, status)


def _later(call: "Call", wait_s: float, order: str, tries_left: int) -> None:
    """Try again, if the call is still there. The agenda must not hold the call itself."""
    if order != ADDRESS:  # which is in the way of neither hold nor resume
        call.queued = order
    desk, call_id = call.desk, call.call_id
    desk.agenda.after(wait_s, lambda: _again(desk, call_id, order, tries_left))


def _again(desk: Desk, call_id: CallId, order: str, tries_left: int) -> None:
    call = desk.calls.get(call_id)
    if call is None or call.ended_here is not None:
        return
    if order == ADDRESS:
        readdress(call, tries_left)
        return
    call.queued = ""
    if order == HOLD:
        hold(call, tries_left)
    else:
        resume(call, tries_left)
