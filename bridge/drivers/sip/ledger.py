"""Which calls an engine carries, so that none is forgotten when it dies."""

from bridge.model.calls import Cause, EndedBy
from bridge.model.effects import EngineOrder, PlaceCall
from bridge.model.events import CallArrived, CallEnded, CallReferred, CallReplaced
from bridge.model.ids import CallId
from bridge.protocols.engine_wire import FromEngine


class Ledger:
    """Calls that were begun and not yet reported as ended, oldest first."""

    def __init__(self) -> None:
        self._calls: dict[CallId, None] = {}

    def note_order(self, order: EngineOrder) -> None:
        """A call begins with our order."""
        if isinstance(order, PlaceCall):
            self._calls[order.call] = None

    def note_message(self, message: FromEngine) -> None:
        """A call begins with its arrival, or out of another one, and ends."""
        match message:
            case CallArrived(call=call):
                self._calls[call] = None
            case CallReferred(new_call=call) | CallReplaced(new_call=call):
                self._calls[call] = None
            case CallEnded(call=call):
                self._calls.pop(call, None)
            case _:
                pass

    def close(self, at_s: float, reason: str) -> list[CallEnded]:
        """Return the end of every call that is left, and forget them.

        Args:
            at_s: monotonic seconds.
            reason: one sentence.
        """
        cause = Cause(EndedBy.ERROR, 0, reason)
        calls, self._calls = self._calls, {}
        return [CallEnded(at_s, call, cause) for call in calls]
