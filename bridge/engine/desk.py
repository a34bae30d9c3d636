"""What the SIP thread has on its desk: calls, lines, sound, and the way to the daemon."""

import secrets
import string
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from bridge.engine.agenda import Agenda
from bridge.engine.audio import Sound
from bridge.engine.brake import Brake
from bridge.engine.guard import describe
from bridge.engine.mailbox import Link
from bridge.engine.resolver import Resolver
from bridge.model.calls import Cause
from bridge.model.effects import PlaceCall
from bridge.model.engine import AccountSettings, EngineNote, EngineSettings
from bridge.model.events import CallEnded, OrderFailed
from bridge.model.ids import AccountId, CallId
from bridge.model.redaction import redact
from bridge.protocols.engine_wire import FromEngine
from bridge.protocols.sip_source import Admission

if TYPE_CHECKING:
    from bridge.engine.calls import Call
    from bridge.engine.lines import Line
    from bridge.engine.recording import Told

_ALPHABET = string.digits + string.ascii_lowercase
_REFUSALS_S = 1.0  # a flood must not fill the log
_ID_LENGTH = 20  # about 103 random bits


class Desk:
    """State of the SIP thread; nobody else touches it.

    ``calls`` holds the only lasting reference to each call. It is dropped inside the callback that
    says DISCONNECTED: PJSIP gives the slot to the next call, and a ``Call`` dropped later hangs
    that one up.

    Args:
        settings: what holds for all accounts.
        link: to the daemon.
        resolver: looks names up without stopping the thread.
    """

    def __init__(self, settings: EngineSettings, link: Link, resolver: Resolver) -> None:
        self.settings = settings
        self.link = link
        self.resolver = resolver
        self.server_silent: Callable[[AccountId], None] = lambda _account: None
        self.now = time.monotonic
        self.agenda = Agenda(self.now, lambda e: self.fault("agenda", describe(e)))
        self.calls: dict[CallId, Call] = {}
        self.dialing: dict[CallId, PlaceCall] = {}  # whose host name is being looked up
        self.wanted: dict[AccountId, AccountSettings] = {}  # accounts, usable or not
        self.lines: dict[AccountId, Line] = {}
        self.admissions: dict[AccountId, Admission] = {}
        self.sound: Sound | None = None
        self.post: Callable[[Told], None] = lambda _told: None  # from any thread, to this one
        self.brake = Brake()
        self._unsaid, self._said_s = 0, 0.0  # calls refused
        self.errors = 0

    def report(self, message: FromEngine) -> None:
        """Tell the daemon."""
        self.link.send(message)

    def note(self, text: str, call: CallId | None = None) -> None:
        """Tell the daemon's log."""
        self.report(EngineNote(text, call))

    def turned_away(self, text: str) -> None:
        """Tell of a refused call; of many, one a second and how many there were."""
        now = self.now()
        self._unsaid += 1
        if now - self._said_s >= _REFUSALS_S:
            more = f" (and {self._unsaid - 1} more before)" if self._unsaid > 1 else ""
            self._unsaid, self._said_s = 0, now
            self.note(text + more)

    def fault(self, where: str, what: str) -> None:
        """Note an exception that a callback raised: our mistake."""
        self.errors += 1
        sys.stderr.write(redact(f"engine: {where}: {what}\n"))
        self.note(f"{where}: {what.splitlines()[0]}")

    def refuse(self, call: CallId, order: str, reason: str, sip: int = 0) -> None:
        """Say that an order could not be carried out."""
        self.report(OrderFailed(self.now(), call, order, sip, reason))

    def end(self, call: "Call", cause: Cause) -> None:
        """Report the end of a call, once."""
        if not call.reported:
            call.reported = True
            self.report(CallEnded(self.now(), call.call_id, cause))

    def drop(self, call: "Call") -> None:
        """Let go of a call that is DISCONNECTED. Must happen inside that callback."""
        if self.calls.pop(call.call_id, None) is not None and self.sound is not None:
            self.sound.release(call.call_id)


def new_call_id() -> CallId:
    """Return an id that was never used before."""
    return CallId("".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH)))
