"""The log of the daemon: each matter once when it comes up, and once when it is settled."""

import logging

from bridge.model.calls import Cause, EndedBy, Phase, Snapshot
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnnounceKey,
    AnswerRequest,
    Effect,
    Tell,
)
from bridge.model.events import Event, IntentGiven
from bridge.model.intents import Outcome

_log = logging.getLogger(__name__)

TOLD_BY_DRIVERS = frozenset({"mqtt", "engine", "profiles"})
"""Matters whose driver logs them itself, with more detail; nodes (``hidraw3``) as well."""


REFUSALS = frozenset({Outcome.INVALID, Outcome.DENIED})
"""Answers worth a line: whoever asked may be a program that nobody watches."""


class Journal:
    """Logs what the core tells; a ``switchboard.Reader``."""

    def __init__(self) -> None:
        self._open: set[str] = set()
        self._refused = ""

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Log a wish that was refused; one that is repeated again and again, once."""
        if not isinstance(event, IntentGiven):
            return
        for effect in effects:
            if isinstance(effect, AnswerRequest) and effect.outcome in REFUSALS:
                text = f"{event.intent.verb.value} asked by {event.source}: {effect.detail}"
                if text != self._refused:
                    _log.info("%s", text)
                self._refused = text

    def changed(self, now: Snapshot) -> None:
        """States are no matter."""

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        match what:
            case Tell():
                self._told(what)
            case AnnounceCall(before=before, after=Phase.ENDED, cause=Cause() as cause):
                _log_end(before, cause)
            case _:
                pass

    def _told(self, what: Tell) -> None:
        if what.topic in TOLD_BY_DRIVERS or what.topic.startswith("hidraw"):
            return
        if what.text:
            self._open.add(what.topic)
            _log.warning("%s: %s", what.topic, what.text)
        elif what.topic in self._open:
            self._open.discard(what.topic)
            _log.info("%s: works again", what.topic)


def _log_end(before: Phase | None, cause: Cause) -> None:
    """Log why a call of ours was refused or a call broke; that somebody hung up is no matter."""
    refused = cause.by is EndedBy.REMOTE and before in {Phase.DIALING, Phase.EARLY}
    if cause.by is EndedBy.ERROR or refused:
        status = f" (SIP {cause.sip})" if cause.sip else ""
        _log.log(logging.INFO if refused else logging.WARNING, "call: %s%s", cause.reason, status)
