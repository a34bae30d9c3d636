"""What the desk may be switched to: do not disturb, call waiting, locked. Kept over a restart.

A call that rings when something is switched rings on; it stands for the calls that come.
"""

from dataclasses import replace

from bridge.core.asked import Asked, Result
from bridge.core.state import State
from bridge.model.intents import Outcome, Verb

SWITCHES = frozenset(
    {
        *(Verb.DND_ON, Verb.DND_OFF, Verb.TOGGLE_DND),
        *(Verb.WAITING_ON, Verb.WAITING_OFF, Verb.TOGGLE_WAITING),
        *(Verb.LOCK, Verb.UNLOCK),
    }
)
"""The verbs ``switch`` takes; they are about no call."""

LOCKED = "the phone is locked: only emergency numbers are called until `offhook unlock`"


def switch(state: State, asked: Asked) -> Result:
    """Switch what a verb of ``SWITCHES`` names."""
    after = _switched(state, asked.intent.verb)
    is_on = asked.intent.verb in {Verb.DND_ON, Verb.WAITING_ON, Verb.LOCK}
    detail = ("already on" if is_on else "not on") if _same(state, after) else ""
    return after, asked.answer(Outcome.DONE, detail)


def _switched(state: State, verb: Verb) -> State:
    match verb:
        case Verb.DND_ON | Verb.DND_OFF:
            return replace(state, do_not_disturb=verb is Verb.DND_ON)
        case Verb.TOGGLE_DND:
            return replace(state, do_not_disturb=not state.do_not_disturb)
        case Verb.WAITING_ON | Verb.WAITING_OFF:
            return _waiting(state, wanted=verb is Verb.WAITING_ON)
        case Verb.TOGGLE_WAITING:
            return _waiting(state, wanted=not state.call_waiting)
        case _:
            return replace(state, locked=verb is Verb.LOCK)


def _waiting(state: State, *, wanted: bool) -> State:
    """Return the state with call waiting so; who wants it as configured follows that again."""
    as_configured = wanted == state.habits.call_waiting
    return replace(state, waiting_chosen=None if as_configured else wanted)


def _same(one: State, other: State) -> bool:
    def switches(state: State) -> tuple[bool, ...]:
        return state.do_not_disturb, state.call_waiting, state.locked

    return switches(one) == switches(other)
