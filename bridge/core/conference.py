"""Three at once: two calls mixed here. Held, resumed and hung up together, unless one is named."""

from dataclasses import replace

from bridge.core.asked import Asked, Result
from bridge.core.state import Call, State, Wish
from bridge.model.effects import Effect, EndCall, JoinCalls
from bridge.model.intents import Outcome


def confer(state: State, asked: Asked) -> Result:
    """Mix the two calls."""
    calls = [c for c in state.calls if c.is_up and c.is_open and c.transfer is None]
    if len(calls) != 2 or len(calls) != len(state.calls):
        detail = "a conference needs two calls that are up: call the second party first"
        return state, asked.refuse(Outcome.CONFLICT, detail)
    if all(c.joined for c in calls):
        return state, asked.answer(Outcome.DONE, "they are in conference")
    held = next((c for c in calls if c.hold_local or c.hold_in_flight), None)
    for call in calls:
        state = state.with_call(replace(call, joined=True, hold_wanted=False))
    if held is None:
        return state, asked.answer(Outcome.DONE)
    return asked.later(state, held.call), asked.answer(Outcome.ACCEPTED, call=held.call)


def together(state: State, call: Call) -> list[Call]:
    """Return the calls that are one for its user: the conference, or the call alone."""
    if not call.joined:
        return [call]
    return [c for c in state.calls if c.joined]


def end_all(state: State, asked: Asked, call: Call) -> Result:
    """Hang up on everybody in the conference."""
    effects: list[Effect] = []
    for one in together(state, call):
        if one.wish is not Wish.END:
            state = state.with_call(replace(one, wish=Wish.END))
            effects.append(EndCall(one.call))
    state = asked.later(state, call.call)
    return state, [*effects, *asked.answer(Outcome.ACCEPTED, call=call.call)]


def parted(state: State) -> State:
    """Return the state with nobody in conference."""
    for call in state.calls:
        if call.joined:
            state = state.with_call(replace(call, joined=False))
    return state


def mixes(state: State) -> Result:
    """Tell the engine which calls are to hear each other, when that has changed."""
    inside = [c for c in state.calls if c.joined and c.wish is not Wish.END]
    if len(inside) < 2:
        state = parted(state)
    wanted = (inside[0].call, inside[1].call) if len(inside) == 2 and _all_up(inside) else None
    if wanted == state.mixed:
        return state, []
    effects: list[Effect] = []
    if state.mixed is not None and all(state.find_call(c) is not None for c in state.mixed):
        effects.append(JoinCalls(*state.mixed, joined=False))
    if wanted is not None:
        effects.append(JoinCalls(*wanted, joined=True))
    return replace(state, mixed=wanted), effects


def _all_up(calls: list[Call]) -> bool:
    return all(c.is_up for c in calls)
