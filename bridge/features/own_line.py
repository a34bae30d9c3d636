"""Our own extension as the PBX sees it: who is behind a code that we dialled.

A code (``**201``, ``*97``) names nobody. Where the PBX does not tell in SIP whom it has connected
with us, its word for our line may: that line calls somebody, and we know of one call, to a code.
"""

from bridge.model.blf import LineFact
from bridge.model.calls import Direction, Party, Snapshot
from bridge.model.ids import CallId


def is_code(number: str) -> bool:
    """Say whether a number is a star code, which is nobody's."""
    return number.startswith(("*", "#"))


def call_to_code(view: Snapshot) -> CallId | None:
    """Return our call to a code, if it is the only call."""
    if len(view.calls) != 1:
        return None
    call = view.calls[0]
    is_one = call.direction is Direction.OUTGOING and is_code(call.remote.number)
    return call.call if is_one else None


def named_peer(line: LineFact, direction: Direction) -> Party | None:
    """Return whom a line calls, or who calls it; None for nobody, a code, or half a number."""
    number = "" if line.peer is None else line.peer.number
    is_named = line.direction is direction and number.removeprefix("+").isalnum()
    return line.peer if is_named else None
