"""Calls that another telephone of ours makes: it rings, and once it is lifted it calls.

Theory: the number is read, barred and limited here first, whoever calls it in the end. An
emergency number never comes this far: it is placed on the line, from here, at once. Then

- a telephone that is a line of ours (an account, a desk phone) dials by itself;
- an extension is rung by the PBX that takes our orders (``Originate``): that is no call of ours,
  and if it is the extension this desk answers it comes in as any other (call-back dialling);
- any other number, such as a mobile telephone, is called by us on a leg that nobody here listens
  to, and sent to the number when it is lifted (REFER); an extension as well where there is no such
  PBX.
"""

from dataclasses import replace

from bridge.core.asked import FAILED_CALL, Asked, Result
from bridge.core.permit import counted
from bridge.core.placing import Objection, Order, decide
from bridge.core.state import Call, State, Transfer
from bridge.core.transfers import PATIENCE, PATIENCE_S
from bridge.model.blf import Extension
from bridge.model.calls import Direction, Party, Phase
from bridge.model.effects import (
    AnnounceCall,
    AnswerRequest,
    AskPbx,
    PlaceCall,
    StartTimer,
    Tell,
)
from bridge.model.ids import AccountId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.numbers import Dialable, Kind, Refused
from bridge.model.pbx import Originate, PbxAnswered
from bridge.model.phones import account_of
from bridge.numbers.dialling import dial, is_emergency

RINGS = "the other telephone rings; once it is lifted it calls"
CODE = "this star code is obeyed here, whichever telephone dials it: leave out from where"
_ADDRESS = "a PBX calls numbers only, found a SIP address: call it from here"
_NO_TELEPHONE = "an emergency number is no telephone to call from"
_LATER = (
    "found digits to be sent after the answer, which nobody could press on another telephone: "
    "dial the number alone"
)
_SHOWN = "which number is shown is up to the other telephone: leave the number to show out"


def at_its_line(state: State, intent: Intent) -> Intent:
    """Return an intent whose telephone is a line of ours as one on that line.

    Args:
        state: with the lines.
        intent: with ``origin``: an account, or a desk phone by its name; or without.
    """
    for account in (AccountId(intent.origin), account_of(intent.origin)):
        if intent.origin and state.find_line(account) is not None:
            return replace(intent, origin="", account=account)
    return intent


def call_from(state: State, asked: Asked, order: Order, text: str) -> Result:
    """Have another telephone call a number.

    Args:
        state: before.
        asked: with ``origin``, which is no line of ours.
        order: what may be dialled; no emergency number.
        text: the same as typed, for a redial.
    """
    name = asked.intent.origin
    origin = dict(state.habits.endpoints).get(name, name)
    plan = state.habits.numbers.plan_of(order.account)
    if is_emergency(origin, plan):
        return state, asked.refuse(Outcome.INVALID, _NO_TELEPHONE)
    found = dial(origin, plan)
    if isinstance(found, Refused):
        return state, asked.refuse(Outcome.INVALID, f"the telephone to call from: {found.reason}")
    at_pbx = state.habits.has_pbx and found.kind is Kind.EXTENSION
    if objection := _objection(asked.intent, order.found, found, at_pbx=at_pbx):
        return state, asked.refuse(Outcome.INVALID, objection)
    if not at_pbx:
        return _send_on(state, asked, order, origin, text)
    state = _remembered(state, asked, text)
    command = Originate(Extension(found.target), order.found.target)
    return state, [AskPbx(command, asked.request), *asked.answer(Outcome.ACCEPTED)]


def pbx_answered(state: State, event: PbxAnswered) -> Result:
    """Pass on what became of it; where nobody waits, a failure is told to everybody."""
    outcome, detail = event.answer.outcome, event.answer.detail
    if event.request is not None:
        detail = detail or (RINGS if outcome is Outcome.DONE else "")
        return state, [AnswerRequest(event.request, outcome, detail)]
    return state, [] if outcome is Outcome.DONE else [Tell(FAILED_CALL, detail)]


def _objection(intent: Intent, found: Dialable, origin: Dialable, *, at_pbx: bool) -> str:
    if intent.identity:
        return _SHOWN
    if found.later or origin.later:
        return _LATER
    return _ADDRESS if at_pbx and found.kind is Kind.ADDRESS else ""


def _send_on(state: State, asked: Asked, order: Order, origin: str, text: str) -> Result:
    """Call the telephone ourselves, to send it on once it is lifted."""
    intent = Intent(Verb.DIAL, target=origin, account=order.account)
    first = decide(state, intent, origin, asked.source, asked.at_s)
    if isinstance(first, Objection):
        return state, asked.refuse(first.outcome, first.detail, first.call)
    leg = Call(
        call=asked.new_call,
        account=first.account,
        direction=Direction.OUTGOING,
        phase=Phase.DIALING,
        remote=Party(first.found.number),
        since_s=asked.at_s,
        transfer=Transfer(order.found.target, is_asked=False),
        sends_on=True,
    )
    state = asked.later(_remembered(state, asked, text).with_call(leg), leg.call)
    identity = state.habits.identity_of(leg.account)
    return state, [
        PlaceCall(leg.call, leg.account, first.found.target, identity),
        AnnounceCall(leg.call, None, Phase.DIALING),
        StartTimer(PATIENCE + leg.call, PATIENCE_S),
        *asked.answer(Outcome.ACCEPTED, call=leg.call),
    ]


def _remembered(state: State, asked: Asked, text: str) -> State:
    """Return the state in which this is the last number, and counts for who may dial how often."""
    if asked.source:
        state = replace(state, dials=counted(state.dials, asked.source, asked.at_s))
    return state if asked.intent.private else replace(state, last_dialed=text)
