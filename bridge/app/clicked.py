"""Links somebody clicked: judged, asked about on the screen, dialled."""

from collections.abc import Awaitable, Callable

from bridge.app.switchboard import Switchboard
from bridge.core.placing import Objection, decide
from bridge.desktop.links import link_fault, link_objection, must_ask
from bridge.desktop.notices import Notice, Urgency
from bridge.model.desktop import DesktopSettings, NoticeKind
from bridge.model.effects import AnswerRequest
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.numbers import Dialable, Kind
from bridge.model.redaction import printable
from bridge.protocols.control_answers import Reply

SOURCE = "link"
QUESTION_S = 30.0  # whoever clicked is looking at the screen
TOLD_S = 15.0  # long enough to read two lines
QUESTION_TIMER = "desktop:link question"
TOLD_TIMER = "desktop:link told"

_GOOD = frozenset({Outcome.ACCEPTED, Outcome.DONE})
_CANNOT_ASK = (
    "a link is asked about before it is dialled, and no notification service with keys is here to "
    "ask: dial it with `offhook call`"
)


class Clicked:
    """Has one question on the screen at most: a page must not swap one for another in between.

    Args:
        switchboard: the core's world.
        settings: when to ask.
        can_ask: whether a notice can have keys.
        refresh: ``notices`` has changed.
    """

    def __init__(
        self,
        switchboard: Switchboard,
        settings: DesktopSettings,
        can_ask: Callable[[], Awaitable[bool]],
        refresh: Callable[[], None],
    ) -> None:
        self._switchboard = switchboard
        self._settings = settings
        self._can_ask = can_ask
        self._refresh = refresh
        self._asked = 0
        self._question: tuple[str, Intent, Notice] | None = None
        self._told: tuple[str, Notice] | None = None

    @property
    def notices(self) -> tuple[tuple[str, Notice], ...]:
        """What belongs on the screen about links, by name."""
        asked = [(self._question[0], self._question[2])] if self._question is not None else []
        return (*asked, *([self._told] if self._told is not None else []))

    async def open(self, link: str) -> Reply:
        """Ask about a link and return; a refusal is told on the screen, too."""
        if fault := link_fault(link):
            return self._refuse(Outcome.INVALID, fault)
        intent = Intent(Verb.DIAL, target=link, origin=self._settings.links_from)
        at_s = self._switchboard.timers.now()
        decided = decide(self._switchboard.state, intent, link, SOURCE, at_s)
        if isinstance(decided, Objection):
            return self._refuse(decided.outcome, decided.detail)
        if objection := link_objection(decided.found):
            return self._refuse(Outcome.DENIED, objection)
        if not must_ask(decided.found, self._settings.confirm):
            self._dial(intent)
            return Reply(Outcome.ACCEPTED, "under way")
        if not await self._can_ask():
            return self._refuse(Outcome.FAILED, _CANNOT_ASK)
        if self._question is not None:  # looked at last: nothing waits between here and asking
            detail = "a question about another link is on the screen: answer that first"
            return Reply(Outcome.BUSY, detail)
        self._ask(intent, decided.found)
        return Reply(Outcome.ACCEPTED, "asked on the screen")

    def pressed(self, key: str) -> None:
        """Take the answer to the question that is on the screen."""
        if self._question is None:
            return
        name, intent, _ = self._question
        if key == f"call {name}":
            self._dial(intent)
        self.gone(name)

    def gone(self, name: str) -> None:
        """A notice of ours was put away: that is a no."""
        if self._question is not None and self._question[0] == name:
            self._question = None
            self._switchboard.timers.stop(QUESTION_TIMER)
        if self._told is not None and self._told[0] == name:
            self._told = None
            self._switchboard.timers.stop(TOLD_TIMER)
        self._refresh()

    def close(self) -> None:
        """Forget the question."""
        self._switchboard.timers.stop(QUESTION_TIMER)
        self._switchboard.timers.stop(TOLD_TIMER)

    def _ask(self, intent: Intent, found: Dialable) -> None:
        name = self._next_name()
        keys = ((f"call {name}", "Call"), (f"cancel {name}", "Cancel"))
        body = "A link asks for this call."
        if found.kind is Kind.EMERGENCY:
            body = "A link asks for this EMERGENCY call."
        summary = f"Call {printable(found.shown, 128)}?"
        self._question = (name, intent, Notice(summary, body, keys, Urgency.CRITICAL))
        self._switchboard.timers.start(QUESTION_TIMER, QUESTION_S, lambda _: self.gone(name))
        self._refresh()

    def _next_name(self) -> str:
        self._asked += 1
        return f"link-{self._asked}"

    def _dial(self, intent: Intent) -> None:
        self._switchboard.ask(intent, self._answered, SOURCE)

    def _answered(self, answer: AnswerRequest) -> None:
        if answer.outcome not in _GOOD:
            self._refuse(answer.outcome, answer.detail)

    def _refuse(self, outcome: Outcome, detail: str) -> Reply:
        if outcome not in _GOOD and NoticeKind.PROBLEMS in self._settings.notices:
            name = self._next_name()
            self._told = (name, Notice("The link was not dialled", detail))
            self._switchboard.timers.start(TOLD_TIMER, TOLD_S, lambda _: self.gone(name))
            self._refresh()
        return Reply(outcome, detail)
