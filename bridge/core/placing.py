"""Whether a call may be placed and how: the one place that all dialling passes, whoever asked.

Emergency calls go first. They are asked about nothing else, take another line if theirs is out of
use, and make room: a call that is only being dialled is given up, one that rings is refused as
busy, one in the way is ended, the held one first. Only without an engine or a line there is no way.
"""

from dataclasses import dataclass, replace

from bridge.core.permit import too_often
from bridge.core.state import Call, State, Wish
from bridge.core.switches import LOCKED
from bridge.model.calls import Direction, RegistrationState
from bridge.model.effects import Effect, EndCall, RejectCall
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.numbers import Dialable, Kind, Refused
from bridge.numbers.barring import may_call, may_pass_on, out_of_reach
from bridge.numbers.callers import call_back
from bridge.numbers.dialling import dial, is_emergency, pass_on
from bridge.numbers.limits import too_costly

MAX_CALLS = 2  # on one desk: one to speak in, one waiting or held

BUSY_HERE = 486  # RFC 3261 21.4.24

CALL_BACK_S = 1800.0
"""How long an emergency service may call back past barring and do not disturb (RFC 7090 asks for
it and names no time; an ambulance is there within half an hour)."""

_IN_USE = frozenset({RegistrationState.REGISTERED, RegistrationState.NONE})


@dataclass(frozen=True, slots=True)
class Order:
    """A call that may be placed.

    Args:
        account: the line it goes out on.
        found: what is dialled.
    """

    account: AccountId
    found: Dialable

    @property
    def is_emergency(self) -> bool:
        """Whether everything else has to make room."""
        return self.found.kind is Kind.EMERGENCY


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a call is not placed.

    Args:
        outcome: for whoever asked.
        detail: one sentence with the way out; holds no number.
        call: the call that is there already.
    """

    outcome: Outcome
    detail: str
    call: CallId | None = None


def decide(state: State, intent: Intent, text: str, source: str, at_s: float) -> Order | Objection:
    """Return the call to place for a text, or why there is none.

    Args:
        state: before it.
        intent: whose account counts; with ``origin`` no call of ours is made, so that neither
            engine nor room is needed, but for an emergency.
        text: number or address as typed.
        source: who asks; empty = somebody at a device.
        at_s: monotonic seconds.
    """
    if not text.strip():
        return Objection(Outcome.INVALID, "no number was given")
    if not state.lines:
        detail = "no account is configured: add one to the configuration"
        return Objection(Outcome.FAILED, detail)
    no_engine = _no_engine(state)
    if no_engine is not None and not intent.origin:
        return no_engine
    plan = state.habits.numbers.plan_of(intent.account)
    calls_back = intent.verb is Verb.CALL_BACK
    found = call_back(text, plan) if calls_back else dial(text, plan)
    if isinstance(found, Refused):
        return Objection(Outcome.INVALID, found.reason)
    if found.kind is Kind.EMERGENCY:
        return no_engine or _urgent(state, intent.account, found)
    if intent.account is not None and state.find_line(intent.account) is None:
        return Objection(Outcome.INVALID, f"there is no account {intent.account}")
    if state.locked:
        return Objection(Outcome.DENIED, LOCKED)
    order = Order(intent.account or state.lines[0].account, found)
    no_room = None if intent.origin else _no_room(state)
    return _forbidden(state, order, source, at_s) or no_room or order


def may_send_on(
    state: State, account: AccountId, text: str, source: str = "", at_s: float = 0.0
) -> Dialable | Objection:
    """Return where to divert or transfer a call, or why not there: never to an emergency number.

    Args:
        state: with the rules.
        account: of the call.
        text: number or address as typed.
        source: who asks; empty = somebody at a device, who may send it where it costs.
        at_s: monotonic seconds, where ``source`` is given.
    """
    if state.locked:
        return Objection(Outcome.DENIED, LOCKED)
    rules = state.habits.numbers
    plan = rules.plan_of(account)
    found = pass_on(text, plan)
    if isinstance(found, Refused):
        return Objection(Outcome.INVALID, found.reason)
    barred = may_pass_on(found, plan, rules)
    if not barred and source:
        limits = rules.limits
        barred = (
            out_of_reach(found, plan, rules.reach_of(source))
            or too_costly(found, plan, limits)
            or too_often(state.dials, source, at_s, limits)
        )
    return Objection(Outcome.DENIED, barred) if barred else found


def _no_engine(state: State) -> Objection | None:
    if state.engine_up and state.max_calls > 0:
        return None
    return Objection(Outcome.FAILED, state.engine_note or "calls are not possible now")


def _no_room(state: State) -> Objection | None:
    if len(state.calls) >= min(MAX_CALLS, state.max_calls):
        detail = f"there are {len(state.calls)} calls already: end one first"
        return Objection(Outcome.BUSY, detail)
    if any(not call.is_up and not call.is_ringing for call in state.calls):
        detail = "there is a call that is not up yet: end it first"
        return Objection(Outcome.BUSY, detail)
    return None


def _forbidden(state: State, order: Order, source: str, at_s: float) -> Objection | None:
    rules = state.habits.numbers
    plan = rules.plan_of(order.account)
    barred = may_call(order.found, plan, rules)
    if barred or not source:
        return Objection(Outcome.DENIED, barred) if barred else None
    outgoing = sum(call.direction is Direction.OUTGOING for call in state.calls)
    most = rules.limits.at_once
    detail = (
        out_of_reach(order.found, plan, rules.reach_of(source))
        or too_costly(order.found, plan, rules.limits)
        or (f"{most} outgoing calls at once: raise limits.calls_at_once" * (outgoing >= most))
        or too_often(state.dials, source, at_s, rules.limits)
    )
    return Objection(Outcome.DENIED, detail) if detail else None


# -- emergency ----------------------------------------------------------------


def _urgent(state: State, wanted: AccountId | None, found: Dialable) -> Order | Objection:
    same = next((call for call in state.calls if _is_same(call, found)), None)
    if same is not None:
        return Objection(Outcome.DONE, "this emergency call is under way already", same.call)
    return Order(_line_in_use(state, wanted), found)


def _is_same(call: Call, found: Dialable) -> bool:
    outgoing = call.direction is Direction.OUTGOING and call.wish is not Wish.END
    return outgoing and call.remote.number == found.target


def _line_in_use(state: State, wanted: AccountId | None) -> AccountId:
    """Return the line asked for if it works, else one that does, else the first."""
    lines = sorted(state.lines, key=lambda line: line.account != wanted)
    working = [line for line in lines if line.registration in _IN_USE]
    return (working or lines)[0].account


def awaits_help(state: State, at_s: float) -> bool:
    """Say whether an emergency call was placed so recently that somebody may call back for it."""
    return at_s - state.emergency_at_s <= CALL_BACK_S


def make_room(state: State) -> tuple[State, list[Effect]]:
    """Return the state in which an emergency call can be placed, and what has to end for it."""
    effects: list[Effect] = []
    for call in _in_the_way(state):
        order = RejectCall(call.call, BUSY_HERE) if call.is_ringing else EndCall(call.call)
        effects.append(order)
        state = state.with_call(replace(call, wish=Wish.END))
    return state, effects


def _in_the_way(state: State) -> list[Call]:
    """Return the calls that have to end: those not up yet, then held ones, then others."""
    calls = [call for call in state.calls if call.wish is not Wish.END]
    ending = [call for call in calls if _is_no_talk(state, call)]
    rest = [call for call in calls if call not in ending and not is_urgent(state, call)]
    rest.sort(key=lambda call: not call.hold_wanted)
    over = len(calls) - len(ending) + 1 - min(MAX_CALLS, state.max_calls)
    return [*ending, *rest[: max(over, 0)]]


def _is_no_talk(state: State, call: Call) -> bool:
    """Say whether nobody speaks in a call yet: it rings here, or is only being dialled."""
    if call.is_ringing:
        return True
    dialled = call.direction is Direction.OUTGOING and not call.is_up
    return dialled and not is_urgent(state, call)


def is_urgent(state: State, call: Call) -> bool:
    """Say whether a call was placed to an emergency number."""
    plan = state.habits.numbers.plan_of(call.account)
    return call.direction is Direction.OUTGOING and is_emergency(call.remote.number, plan)
