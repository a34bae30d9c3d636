"""The live timeline: what followed from each press and each call, in milliseconds."""

import bisect
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.demo.caller import said
from bridge.demo.listener import Heard
from bridge.demo.words import Said, of_effect, of_event, of_message
from bridge.model.calls import Snapshot
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnnounceKey,
    Effect,
    EngineOrder,
    Tell,
)
from bridge.model.events import ControlChanged, Event
from bridge.model.trace import Stage, TraceEntry

KEPT_SECTIONS = 40  # more than the tallest terminal shows
KEPT_ROWS = 40  # of one section
_RANKS = {"KEY": 0, "INTENT": 1}
OURS_S = 0.25  # a key reported this soon after our press is that press


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One line. Rows sort by time: writing threads tell a little later than they act.

    What was decided at the same moment sorts by ``rank``: an intent before what followed from it.
    """

    at_s: float
    rank: int
    stage: str = field(compare=False)
    text: str = field(compare=False)
    detail: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Section:
    """What followed from one cause.

    Args:
        began_s: monotonic seconds of the cause.
        title: the cause, for people.
        rows: sorted by time.
    """

    began_s: float
    title: str
    rows: list[Row] = field(default_factory=list)


class Timeline:
    """Gathers rows from everywhere; a ``switchboard.Reader`` and a ``Tracer``.

    Args:
        on_change: told after each change.
    """

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.sections: list[Section] = []
        self._on_change = on_change
        self._shown: dict[str, str] = {}  # MQTT topic -> words last shown
        self._report: tuple[float, str] = (0.0, "")
        self._ordered_s: list[float] = []  # when the orders of the present step went out

    def begin(self, title: str, at_s: float | None = None) -> None:
        """Something was caused now."""
        self.sections.append(Section(time.monotonic() if at_s is None else at_s, title))
        del self.sections[:-KEPT_SECTIONS]
        self._on_change()

    def add(self, at_s: float, words: Said, detail: str = "") -> None:
        """Add a row to what began last."""
        if words is None:
            return
        if not self.sections:
            self.begin("start", at_s)
        rows = self.sections[-1].rows
        if len(rows) < KEPT_ROWS:
            bisect.insort(rows, Row(at_s, _RANKS.get(words[0], len(_RANKS)), *words, detail))
        self._on_change()

    # -- where rows come from -------------------------------------------------

    def trace(self, entry: TraceEntry) -> None:
        """Take what only the trace knows: the bytes."""
        if entry.stage is Stage.REPORT:
            self._report = (entry.at_s, entry.text)
        elif entry.stage is Stage.LAMP:
            lit, _, report = entry.text.partition(": ")
            shown = ", ".join(lit.replace("_", "-").split()) if lit != "idle" else "all off"
            self._intent_was_before(entry.at_s)
            self.add(entry.at_s, ("LAMP", shown), f"write {report}")
        elif entry.stage is Stage.SIP and entry.text.startswith("→"):
            self._ordered_s.append(entry.at_s)

    def heard(self, message: Heard) -> None:
        """Take an MQTT message; a state that says the same as before is not shown."""
        words = of_message(message)
        if words is None or self._shown.get(message.topic) == words[1]:
            return
        self._shown[message.topic] = words[1]
        parts = message.topic.split("/")
        self.add(message.at_s, words, parts[0] if len(parts) == 1 else f"{parts[0]}/…/{parts[-1]}")

    def caller(self, event: Event) -> None:
        """Take what the caller sees."""
        words = said(event)
        self.add(event.at_s, ("CALLER", words) if words else None)

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Take a step of the core."""
        if isinstance(event, ControlChanged):
            self._key(event, effects)
        else:
            self.add(event.at_s, of_event(event))
        ordered_s, self._ordered_s = self._ordered_s, []
        decided_s = ordered_s[0] if ordered_s else time.monotonic()
        for effect in effects:
            is_order = isinstance(effect, EngineOrder) and ordered_s
            self.add(ordered_s.pop(0) if is_order else decided_s, of_effect(effect))

    def _intent_was_before(self, lamp_s: float) -> None:
        """Correct what an intent's time was taken for: it was there before the lamp it lit."""
        rows = self.sections[-1].rows if self.sections else []
        for i, row in enumerate(rows):
            if row.stage == "INTENT" and row.at_s > lamp_s:
                del rows[i]
                bisect.insort(rows, replace(row, at_s=lamp_s))
                return

    def _key(self, event: ControlChanged, effects: tuple[Effect, ...]) -> None:
        """Show a press with its report; one that nobody here made begins a section."""
        if not any(isinstance(effect, AnnounceKey) for effect in effects):
            return
        control = event.change.control.value.replace("_", " ")
        if not self.sections or event.at_s - self.sections[-1].began_s > OURS_S:
            self.begin(f"{control} on the headset", event.at_s)
        level = {"hook": "up" if event.change.on else "down"}.get(control, "pressed")
        at_s, report = self._report
        detail = f"read  {report}" if at_s == event.at_s else ""
        self.add(event.at_s, ("KEY", f"{control} {level} {event.change.key}".rstrip()), detail)

    def changed(self, now: Snapshot) -> None:
        """MQTT shows it."""

    def announced(self, what: AnnounceCall | AnnounceDigit | AnnounceKey | Tell) -> None:
        """Already seen among the effects."""
