"""The user's session composed: notices, links, media players, keyboard shortcuts."""

import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from types import TracebackType
from typing import Self

from bridge.app.clicked import Clicked
from bridge.app.switchboard import Switchboard, fresh_call_id
from bridge.blf.board import Freed
from bridge.core.history import Course, begun, refused
from bridge.desktop.keyboard import Keyboard
from bridge.desktop.notices import FREED, MISSED, Board, Missed, wanted
from bridge.desktop.notifier import Notifier
from bridge.desktop.players import Players
from bridge.desktop.portal import Portal
from bridge.desktop.session import Listener, Session
from bridge.model.calls import CallView, Cause, Direction, EndedBy, Party, Phase, Snapshot
from bridge.model.desktop import Binding, DesktopSettings
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Effect, Tell
from bridge.model.events import CallArrived, Event, IntentGiven, MatterChanged
from bridge.model.history import CallKind
from bridge.model.ids import AccountId, CallId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.protocols.control_answers import Reply

PROBLEM_S = 5.0  # what is over sooner (a line that registers again) is not worth a notice
PROBLEM_TIMER = "desktop:problems"
MOST_MISSED = 99

# A key of a notice acts only while its call is as it was on the screen.
_KEY_NEEDS = {
    Verb.ANSWER: Phase.RINGING,
    Verb.REJECT: Phase.RINGING,
    Verb.DIVERT: Phase.RINGING,
    Verb.RESUME: Phase.HELD,
    Verb.HANGUP: Phase.HELD,
}
_OF_CALLS = {verb.value: verb for verb in _KEY_NEEDS}

_log = logging.getLogger(__name__)


class Desktop:
    """What the user's session sees of calls, and asks for; a ``switchboard.Reader``.

    Args:
        settings: what is wanted.
        switchboard: the core's world.
        find: where the session bus is, empty for nowhere.
    """

    def __init__(
        self, settings: DesktopSettings, switchboard: Switchboard, find: Callable[[], str]
    ) -> None:
        self._settings = settings
        self._switchboard = switchboard
        self._find = find
        self._stack = AsyncExitStack()
        self._notifier = Notifier(self._pressed, self._gone, partial(self._matter, "notices"))
        self._session: Session | None = None
        self._clicked = Clicked(switchboard, settings, self._notifier.can_ask, self._refresh)
        self._players = Players() if settings.pause_players else None
        self._view = Snapshot()
        self._arrived: CallArrived | None = None
        self._courses: dict[CallId, Course] = {}
        self._held: set[CallId] = set()
        self._held_long: frozenset[CallId] = frozenset()
        self._missed: tuple[Missed, ...] = ()
        self._mail: frozenset[AccountId] = frozenset()
        self._messages: dict[AccountId, int] = {}
        self._problems: tuple[str, ...] = ()
        self._freed: dict[int, Freed] = {}

    async def __aenter__(self) -> Self:
        """Start; returns at once, whether there is a session or not."""
        if self._settings.enabled:
            await self._start_session()
            self._switchboard.readers.append(self)
            self._stack.callback(self._detach)
            self.changed(self._switchboard.view())
        for number, node in enumerate(self._settings.keyboards, 1):
            trouble = partial(self._matter, f"keyboard {number}")
            keyboard = Keyboard(node, self._settings.bindings, self._shortcut, trouble)
            await self._stack.enter_async_context(keyboard)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stack.aclose()

    async def _start_session(self) -> None:
        listeners: list[Listener] = [self._notifier]
        if self._players is not None:
            listeners.append(self._players)
        portal = None
        if self._settings.bindings and not self._settings.keyboards:
            trouble = partial(self._matter, "shortcuts")
            portal = Portal(self._settings.bindings, self._shortcut, trouble)
            listeners.append(portal)
            if not self._find():
                trouble(
                    "keyboard shortcuts cannot be used: there is no session bus: name a keyboard "
                    "in keys.keyboards, or run Offhook as a service of the user"
                )
        self._session = session = await self._stack.enter_async_context(
            Session(self._find, tuple(listeners))
        )
        self._notifier.session = session
        await self._stack.enter_async_context(self._notifier)
        if self._players is not None:
            self._players.session = session
            await self._stack.enter_async_context(self._players)
        if portal is not None:
            portal.session = session
            await self._stack.enter_async_context(portal)

    def _detach(self) -> None:
        self._switchboard.readers.remove(self)
        self._clicked.close()
        for name in (PROBLEM_TIMER, *map(_held_timer, self._held)):
            self._switchboard.timers.stop(name)

    @property
    def has_session(self) -> bool:
        """Whether the session bus can be asked."""
        return self._session is not None and self._session.is_up

    async def open_link(self, link: str) -> Reply:
        """Ask about a clicked link, then dial it."""
        if not self._settings.enabled:
            return Reply(Outcome.DENIED, "links are off: the configuration says desktop: off")
        return await self._clicked.open(link)

    def tell_free(self, freed: Freed) -> None:
        """Tell that somebody who was waited for is free, with a key to call."""
        if self._settings.enabled:
            self._freed[freed.position] = freed
            self._refresh()

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:  # noqa: ARG002
        if isinstance(event, CallArrived):
            self._arrived = event

    def changed(self, now: Snapshot) -> None:
        self._view = now
        at_s = self._switchboard.timers.now()
        for view in now.calls:
            course = self._courses.get(view.call) or begun(view, at_s, 0)
            self._courses[view.call] = course.seen(view, at_s)
        self._watch_held({view.call for view in now.calls if view.phase is Phase.HELD})
        self._watch_mail(now)
        self._watch_problems(now.problems)
        if self._players is not None:
            self._players.in_call(any(_is_talk(view) for view in now.calls))
        self._refresh()

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        if isinstance(what, AnnounceCall) and what.after is Phase.ENDED:
            self._end(what.call, what.cause or Cause(EndedBy.ERROR))

    def _end(self, call: CallId, cause: Cause) -> None:
        """Note a missed call, as the call list does."""
        course, arrived = self._courses.pop(call, None), self._arrived
        if course is not None:
            entry = course.ended(0.0, cause)
        elif arrived is not None and arrived.call == call and not self._view.do_not_disturb:
            view = CallView(
                call, arrived.account, Direction.INCOMING, Phase.RINGING, arrived.remote, 0
            )
            entry = refused(begun(view, 0.0, 0), 0.0, cause)
        else:
            return
        if entry.kind is CallKind.MISSED:
            missed = Missed(entry.account, Party(entry.number, entry.name, entry.company))
            self._missed = (*self._missed, missed)[-MOST_MISSED:]
            self._refresh()

    def _watch_held(self, held: set[CallId]) -> None:
        for call in held - self._held:
            timers, after_s = self._switchboard.timers, self._settings.held_after_s
            timers.start(_held_timer(call), after_s, partial(self._held_too_long, call))
        for call in self._held - held:
            self._switchboard.timers.stop(_held_timer(call))
        self._held, self._held_long = held, self._held_long & held

    def _held_too_long(self, call: CallId, _timer: str) -> None:
        self._held_long |= {call}
        self._refresh()

    def _watch_mail(self, now: Snapshot) -> None:
        """New messages are news; those that were there are not."""
        for line in now.lines:
            box = line.mailbox
            count = max(box.new, 1) if box is not None and box.waiting else 0
            if count > self._messages.get(line.account, 0):
                self._mail |= {line.account}
            elif not count:
                self._mail -= {line.account}
            self._messages[line.account] = count

    def _watch_problems(self, problems: tuple[str, ...]) -> None:
        if not problems:
            self._switchboard.timers.stop(PROBLEM_TIMER)
            self._problems = ()
        elif problems != self._problems:
            self._switchboard.timers.start(PROBLEM_TIMER, PROBLEM_S, self._problems_last)

    def _problems_last(self, _timer: str) -> None:
        self._problems = self._view.problems
        self._refresh()

    def _refresh(self) -> None:
        habits = self._switchboard.state.habits
        lines = (line.account for line in self._view.lines)
        board = Board(
            self._view,
            frozenset(account for account in lines if habits.voicemail_of(account)),
            self._held_long,
            self._missed,
            self._mail,
            self._problems,
            tuple((position, freed.name) for position, freed in self._freed.items()),
            self._clicked.notices,
        )
        self._notifier.want(wanted(board, self._settings))

    # -- what the user does ---------------------------------------------------

    def _pressed(self, name: str, key: str) -> None:
        word, _, about = key.partition(" ")
        if word in _OF_CALLS:
            self._about_call(_OF_CALLS[word], CallId(about))
        elif word == "listen":
            account = AccountId(about)
            target = self._switchboard.state.habits.voicemail_of(account)
            self._give(Intent(Verb.DIAL, target=target, account=account), "notice")
            self._gone(name)
        elif word == "call-freed":
            target = self._freed[int(about)].number
            self._gone(name)
            self._give(Intent(Verb.DIAL, target=target), "notice")
        elif word == "call-back":
            last = self._missed[-1]
            intent = Intent(Verb.DIAL, target=last.remote.number, account=last.account)
            self._gone(name)
            self._give(intent, "notice")
        else:
            self._clicked.pressed(key)

    def _about_call(self, verb: Verb, call: CallId) -> None:
        phase = next((c.phase for c in self._view.calls if c.call == call), Phase.ENDED)
        if phase is not _KEY_NEEDS[verb]:
            _log.debug("a notice was older than its call: %s is not done", verb.value)
            return
        self._give(Intent(verb, call), "notice")

    def _gone(self, name: str) -> None:
        """Somebody put a notice away: they have seen it."""
        if name == MISSED:
            self._missed = ()
        elif name.startswith("mail "):
            self._mail -= {AccountId(name.removeprefix("mail "))}
        elif name.startswith(f"{FREED} "):
            self._freed.pop(int(name.removeprefix(f"{FREED} ")), None)
            self._refresh()
        self._clicked.gone(name)

    def _shortcut(self, binding: Binding) -> None:
        self._give(binding.intent, "shortcut")

    def _give(self, intent: Intent, source: str) -> None:
        """As a press on a device: what cannot be done is told to everybody."""
        now_s = self._switchboard.timers.now()
        self._switchboard.post(IntentGiven(now_s, intent, fresh_call_id(), None, source))

    def _matter(self, topic: str, text: str) -> None:
        self._switchboard.post(MatterChanged(self._switchboard.timers.now(), topic, text))


def _held_timer(call: CallId) -> str:
    return f"desktop:held {call}"


def _is_talk(view: CallView) -> bool:
    """Say whether somebody here listens to the call: it is dialled, up or held."""
    return view.phase not in {Phase.RINGING, Phase.ENDED}
