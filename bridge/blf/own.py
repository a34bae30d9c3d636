"""Our own calls and lines as keys see them."""

from bridge.blf.tables import Relation
from bridge.model.blf import LineState
from bridge.model.calls import CallView, Mailbox, Phase, RegistrationState, Snapshot
from bridge.model.contacts import is_same_number
from bridge.model.ids import AccountId

OF_PHASE: dict[Phase, Relation] = {
    Phase.RINGING: Relation.CALLS_ME,
    Phase.DIALING: Relation.CALLED,
    Phase.EARLY: Relation.CALLED,
    Phase.CONNECTED: Relation.TALKING,
    Phase.REMOTE_HELD: Relation.TALKING,
    Phase.HELD: Relation.ON_HOLD,
}

_RANK = {relation: rank for rank, relation in enumerate(Relation)}

_IN_USE = frozenset({RegistrationState.REGISTERED, RegistrationState.NONE})


def calls_with(view: Snapshot, number: str) -> list[CallView]:
    """Return our calls with a number, the one that its key is about first."""
    if not number:
        return []
    calls = [
        call
        for call in view.calls
        if call.phase in OF_PHASE and is_same_number(call.remote.number, number)
    ]
    return sorted(calls, key=lambda call: _RANK[OF_PHASE[call.phase]])


def calls_on(view: Snapshot, account: AccountId) -> list[CallView]:
    """Return the calls of one of our lines, the one that its key is about first."""
    calls = [call for call in view.calls if call.account == account and call.phase in OF_PHASE]
    return sorted(calls, key=lambda call: _RANK[OF_PHASE[call.phase]])


def relation_of(calls: list[CallView]) -> Relation | None:
    """Return what the first of these calls makes of us."""
    return OF_PHASE[calls[0].phase] if calls else None


def account_of(view: Snapshot, named: str) -> AccountId | None:
    """Return a line of ours by name, the first where none is named; None where there is none."""
    names = [line.account for line in view.lines]
    if not named:
        return names[0] if names else None
    return next((name for name in names if name == named), None)


def own_line(view: Snapshot, account: AccountId) -> LineState:
    """Return whether a line of ours can be used: ``FREE`` or ``OFFLINE``."""
    line = next((line for line in view.lines if line.account == account), None)
    is_usable = view.engine_up and line is not None and line.registration in _IN_USE
    return LineState.FREE if is_usable else LineState.OFFLINE


def own_mailbox(view: Snapshot) -> Mailbox | None:
    """Return what the PBX told our first line over SIP about its messages."""
    line = view.lines[0] if view.lines else None
    is_told = line is not None and line.registration in _IN_USE and view.engine_up
    return line.mailbox if line is not None and is_told else None
