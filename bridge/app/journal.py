"""The log of the daemon: each matter once when it comes up, and once when it is settled."""

import logging

from bridge.model.calls import Snapshot
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.events import Event

_log = logging.getLogger(__name__)

TOLD_BY_DRIVERS = frozenset({"mqtt", "engine", "profiles"})
"""Matters whose driver logs them itself, with more detail; nodes (``hidraw3``) as well."""


class Journal:
    """Logs what the core tells; a ``switchboard.Reader``."""

    def __init__(self) -> None:
        self._open: set[str] = set()

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """The log is for matters, not for steps."""

    def changed(self, now: Snapshot) -> None:
        """Nor for states."""

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        if not isinstance(what, Tell):
            return
        if what.topic in TOLD_BY_DRIVERS or what.topic.startswith("hidraw"):
            return
        if what.text:
            self._open.add(what.topic)
            _log.warning("%s: %s", what.topic, what.text)
        elif what.topic in self._open:
            self._open.discard(what.topic)
            _log.info("%s: works again", what.topic)
