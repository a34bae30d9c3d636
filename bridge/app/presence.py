"""The user's own presence, composed: hand, calls, meetings and idleness in; MQTT and PBX out."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Self, assert_never

from bridge.app.switchboard import Announcement, Switchboard, fresh_call_id
from bridge.drivers.ports import PbxCommands
from bridge.features.presence import set_by_hand, shown_presence
from bridge.features.presence_at_pbx import (
    PbxLink,
    Said,
    came_up,
    heard,
    lost,
    ordered,
    orders_for,
    renewal_ms,
    to_tell,
    told,
)
from bridge.model.blf import Fact, PbxId, PresenceFact, PresenceState, SourceFact
from bridge.model.calls import Snapshot
from bridge.model.effects import Effect
from bridge.model.events import Event, IntentGiven, MatterChanged
from bridge.model.features import (
    GetPresence,
    KeptAround,
    Meeting,
    Presence,
    PresenceQuestion,
    PresenceSettings,
    ShowMe,
    ShownPresence,
    SwitchGlobalDnd,
)
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.pbx import PbxCommand
from bridge.protocols.control_answers import Reply

LOOK_TIMER = "app:presence"
RETRY_TIMER = "app:presence again"
CLOCK_LOOK_S = (
    60.0  # what ends at a time of day is looked at so often: NTP may set the clock meanwhile
)
RETRY_S = 30.0  # after the PBX did not take a presence
ANSWER_S = 5.0  # so long whoever sets a presence waits for the PBX's word
LONGEST_MEETING_MS = 12 * 3_600_000  # a calendar that never says "over" must not stay

_log = logging.getLogger(__name__)


class OwnPresence:
    """What others see of the user; a ``switchboard.Reader`` and a ``ports.FactSink``.

    Do not disturb of this desk follows presence ``dnd`` set by hand: calls that come all the same
    are refused, and its lamps say so. Whoever switches it off at the desk ends both: a lamp that is
    off means that one can be reached.

    Args:
        settings: of the presence.
        switchboard: the core's world.
        kept: what was remembered.
        commands: the way to the PBX.
    """

    def __init__(
        self,
        settings: PresenceSettings,
        switchboard: Switchboard,
        kept: KeptAround,
        commands: PbxCommands,
    ) -> None:
        self._settings = settings
        self._switchboard = switchboard
        self._commands = commands
        self._presence = Presence(kept.by_hand, kept.text, kept.until_ms)
        self._holds_dnd = kept.holds_dnd
        self._desk_dnd = switchboard.state.do_not_disturb
        self._link = PbxLink()
        self._meeting_until_ms = 0
        self._in_calls = 0
        self._used_elsewhere = False
        self._seen: tuple[ShownPresence, int] | None = None
        self._telling: asyncio.Task[None] | None = None
        self._refused = ""
        self.on_shown: list[Callable[[ShownPresence, int], None]] = []
        """Told what others see and until when, when it is another; 0 = not by itself."""
        self.on_kept: Callable[[], None] = lambda: None
        """Told that ``kept`` may be another."""

    async def __aenter__(self) -> Self:
        """Begin."""
        self._switchboard.readers.append(self)
        self.changed(self._switchboard.view())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._switchboard.readers.remove(self)
        for name in (LOOK_TIMER, RETRY_TIMER):
            self._switchboard.timers.stop(name)
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)

    # -- what is to be seen ---------------------------------------------------

    @property
    def shown(self) -> ShownPresence:
        """What others see now."""
        return shown_presence(self._presence, self._settings.rules, self._now_ms())

    def show(self) -> None:
        """Tell ``on_shown`` again."""
        self._seen = None
        self._refresh()

    @property
    def kept(self) -> KeptAround:
        """What is to be remembered."""
        mine = self._presence
        return KeptAround(mine.by_hand, mine.text, mine.until_ms, self._holds_dnd)

    @property
    def body(self) -> dict[str, object]:
        """What stands in a status."""
        shown = self.shown
        return {
            "presence": shown.presence.value,
            "text": shown.text,
            "by_hand": shown.is_by_hand,
            "until_ms": self._presence.until_ms if shown.is_by_hand else 0,
            "pbx": self._link.at.presence.value if self._link.is_up else None,
        }

    # -- in: whoever asks -----------------------------------------------------

    async def obey(self, question: PresenceQuestion) -> Reply:
        """Do it, and return what became of it; within some seconds."""
        match question:
            case GetPresence():
                return Reply(Outcome.DONE)
            case ShowMe(presence, text, until_ms):
                objection = self._set(presence, text, until_ms)
            case SwitchGlobalDnd(on):
                objection = self._switch_dnd(on=on)
            case Meeting(on, until_ms):
                objection = self._meet(until_ms, on=on)
            case _:
                assert_never(question)
        if objection:
            return Reply(Outcome.INVALID, objection)
        return Reply(Outcome.DONE, await self._became())

    def _set(self, wanted: PresenceState, text: str = "", until_ms: int = 0) -> str:
        changed = set_by_hand(self._presence, wanted, self._now_ms(), text, until_ms)
        if isinstance(changed, str):
            return changed
        self._presence = changed
        self._alive()
        self._refresh()
        return ""

    def _switch_dnd(self, *, on: bool) -> str:
        if on == self._is_dnd:
            return ""
        return self._set(PresenceState.DND if on else PresenceState.NONE)

    def _meet(self, until_ms: int, *, on: bool) -> str:
        now_ms = self._now_ms()
        if on and until_ms and until_ms <= now_ms:
            return "the meeting would be over already: give a time that is still to come"
        longest_ms = now_ms + LONGEST_MEETING_MS
        self._meeting_until_ms = min(until_ms or longest_ms, longest_ms) if on else 0
        self._alive()
        self._refresh()
        return ""

    async def _became(self) -> str:
        """Return who knows by now, one sentence."""
        if self._telling is not None:
            await asyncio.wait({self._telling}, timeout=ANSWER_S)
        shown = self.shown
        text = f"others see {shown.presence.value}"
        if not self._settings.has_pbx:
            return text
        if not self._link.is_up:
            return f"{text}; the PBX is told once it can be heard"
        return f"{text}; the PBX has not taken it: {self._refused}" if self._refused else text

    # -- in: what happens -----------------------------------------------------

    def learn(self, pbx: PbxId, fact: Fact) -> None:  # noqa: ARG002  # there is one
        """Take a fact of the PBX."""
        now_ms = self._now_ms()
        match fact:
            case SourceFact(is_up=True):
                self._link, self._presence = came_up(self._link, self._presence)
            case SourceFact():
                self._link = lost(self._link)
            case PresenceFact(extension=own) if own == self._settings.extension:
                self._link, self._presence = heard(self._link, self._presence, fact, now_ms)
            case _:
                return
        self._refresh()

    def idle_since(self, at_ms: int) -> None:
        """There has been no sign of life at this machine since then; 0 = there is one now."""
        self._presence = replace(self._presence, idle_since_ms=at_ms)
        self._refresh()

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """Nothing: what counts is the state."""

    def announced(self, what: Announcement) -> None:
        """Nothing: what counts is the state."""

    def changed(self, now: Snapshot) -> None:
        used = any(device.busy_elsewhere for device in now.devices)
        if self._in_calls and len(now.calls) != self._in_calls:
            self._alive()  # a call came or went, by the user's hand or ear
        self._in_calls = len(now.calls)
        self._presence = replace(self._presence, line_busy=bool(now.calls))
        self._used_elsewhere = used
        self._follow_desk(now.do_not_disturb)
        self._refresh()

    def _alive(self) -> None:
        """Count from now on, if the machine has been idle meanwhile."""
        if self._presence.idle_since_ms:
            self._presence = replace(self._presence, idle_since_ms=self._now_ms())

    def _follow_desk(self, on: bool) -> None:  # a level
        was, self._desk_dnd = self._desk_dnd, on
        if was and not on and self._is_dnd:  # switched off at the desk, by a hand
            self._holds_dnd = False
            self._presence = replace(
                self._presence, by_hand=PresenceState.NONE, text="", until_ms=0
            )

    @property
    def _is_dnd(self) -> bool:
        """Whether do not disturb at all telephones was set by hand and is in force."""
        shown = self.shown
        return shown.is_by_hand and shown.presence is PresenceState.DND

    # -- out ------------------------------------------------------------------

    def _refresh(self, _timer: str = "") -> None:
        now_ms = self._now_ms()
        in_meeting = self._meeting_until_ms > now_ms
        elsewhere = self._settings.elsewhere if in_meeting or self._used_elsewhere else None
        self._presence = replace(self._presence, elsewhere=elsewhere or PresenceState.NONE)
        shown = self.shown
        until_ms = self._presence.until_ms if shown.is_by_hand else 0
        if (seen := (replace(shown, next_ms=0), until_ms)) != self._seen:
            self._seen = seen
            for tell in self.on_shown:
                tell(*seen)
        self._hold_dnd(on=self._is_dnd)
        self.on_kept()
        self._arm()
        self._tell()

    def _arm(self) -> None:
        """Look again when something ends by itself."""
        now_ms = self._now_ms()
        moments_ms = (self.shown.next_ms, self._meeting_until_ms, renewal_ms(self._link))
        due = [one for one in moments_ms if one > now_ms]
        if due:
            after_s = min((min(due) - now_ms) / 1000, CLOCK_LOOK_S)
            self._switchboard.timers.start(LOOK_TIMER, after_s, self._refresh)
        else:
            self._switchboard.timers.stop(LOOK_TIMER)

    def _hold_dnd(self, *, on: bool) -> None:
        """Let do not disturb of this desk follow; what was on before stays on after."""
        if on and not self._holds_dnd and not self._desk_dnd:
            self._holds_dnd = True
            self._give(Verb.DND_ON)
        elif not on and self._holds_dnd:
            self._holds_dnd = False
            self._give(Verb.DND_OFF)

    def _give(self, verb: Verb) -> None:
        now_s = self._switchboard.timers.now()
        self._switchboard.post(IntentGiven(now_s, Intent(verb), fresh_call_id()))

    # -- to the PBX -----------------------------------------------------------

    def _tell(self, _timer: str = "") -> None:
        if self._telling is None and self._next() is not None:
            self._telling = asyncio.create_task(self._tell_all(), name="own presence")

    def _next(self) -> Said | None:
        if not self._settings.extension:
            return None
        return to_tell(self._link, self._presence, self._settings.rules, self._now_ms())

    async def _tell_all(self) -> None:
        """Task border: whatever goes wrong is told, and tried again."""
        try:
            await self._until_told()
        except Exception:  # noqa: BLE001  # task border, see above
            _log.exception("own presence: an order to the PBX went wrong")
            self._refuse("the order could not be sent: see the log")
        finally:
            self._telling = None

    async def _until_told(self) -> None:
        while (said := self._next()) is not None:
            for order in orders_for(self._settings.extension, self._link.at, said):
                if not await self._order(order):
                    return
            self._link = told(self._link, said, self._now_ms())
            self._refuse("")
        self._arm()

    async def _order(self, order: PbxCommand) -> bool:
        self._link = ordered(self._link, self._now_ms())
        answer = await self._commands.send(order)
        if answer.outcome is Outcome.DONE:
            return True
        self._refuse(answer.detail or f"it answered {answer.outcome.value}")
        return False

    def _refuse(self, text: str) -> None:
        if text:
            self._switchboard.timers.start(RETRY_TIMER, RETRY_S, self._tell)
        if text != self._refused:
            self._refused = text
            said = f"the PBX does not take your presence: {text}" if text else ""
            now_s = self._switchboard.timers.now()
            self._switchboard.post(MatterChanged(now_s, "presence", said))

    def _now_ms(self) -> int:
        return round(self._switchboard.unix() * 1000)
