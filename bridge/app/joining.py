"""Dialling into a meeting: its numbers one after the other, its id again when somebody asks.

Nothing here begins by itself. What a press of *join* has begun takes up to ``MOST_TRIES`` calls,
and ends with the first that is answered, with whoever hangs up, and with any other call.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from bridge.app.asking import ask
from bridge.app.switchboard import Announcement, Switchboard
from bridge.features.meetings import MOST_TRIES, digits_for
from bridge.model.calls import EndedBy, Phase
from bridge.model.effects import AnnounceCall
from bridge.model.events import PartyNamed
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.meetings import DialIn, JoinMeeting
from bridge.protocols.control_answers import Reply

AGAIN_TIMER = "app:join again"
AGAIN_S = 3.0  # until the next number is tried; a person sees meanwhile what happens
AT_ONCE_S = 0.0  # what the core decides is known at once; how the call goes is seen at the call
PASSES = frozenset({408, 480, 486, 500, 503, 504, 600})  # busy or out of use now (RFC 3261 21)
SOURCE = "meeting"  # whose dials are counted: numbers come from outside


@dataclass(frozen=True, slots=True)
class Attempt:
    """A meeting that somebody joins.

    Args:
        wish: which, and whose sound is coupled.
        ways: numbers to try, at least one.
        title: what the call is called.
        tries: how many calls were placed.
        call: the present one.
        is_up: it was answered.
    """

    wish: JoinMeeting
    ways: tuple[DialIn, ...]
    title: str
    source: str = ""
    tries: int = 0
    call: CallId | None = None
    is_up: bool = False

    @property
    def way(self) -> DialIn:
        """The number of the present try."""
        return self.ways[(self.tries - 1) % len(self.ways)]

    @property
    def digits(self) -> str:
        """What is pressed once it is up."""
        return digits_for(self.way, self.wish.participant)


class Joining:
    """The one meeting that is being joined.

    Args:
        switchboard: the core's world.
        may_go_on: says whether a meeting may still be joined when another number is to be tried.
    """

    def __init__(self, switchboard: Switchboard, may_go_on: Callable[[str], bool]) -> None:
        self._switchboard = switchboard
        self._may_go_on = may_go_on
        self._attempt: Attempt | None = None
        self._dialling: asyncio.Task[Reply] | None = None

    async def stop(self) -> None:
        """Try no more; a call that is there goes on."""
        self._switchboard.timers.stop(AGAIN_TIMER)
        if self._dialling is not None:
            self._dialling.cancel()
            await asyncio.gather(self._dialling, return_exceptions=True)

    def joined(self, meeting: str) -> Attempt | None:
        """Return the call into a meeting, if it is dialled or up."""
        attempt = self._attempt
        if attempt is None or attempt.wish.meeting != meeting or attempt.call is None:
            return None
        return attempt if self._switchboard.state.find_call(attempt.call) else None

    async def join(
        self, wish: JoinMeeting, ways: tuple[DialIn, ...], title: str, source: str = ""
    ) -> Reply:
        """Dial, and return how that began; ``source`` is who asks, as barring counts it."""
        self._switchboard.timers.stop(AGAIN_TIMER)
        self._attempt = Attempt(wish, ways, title, source=source or SOURCE)
        return await self._dial()

    async def press_again(self, joined: Attempt, wish: JoinMeeting) -> Reply:
        """Press the digits once more: whoever is in the call hears that they were missed."""
        if not joined.is_up:
            return Reply(Outcome.DONE, "it is being dialled", joined.call)
        again = replace(joined, wish=wish)
        if not again.digits:
            return Reply(Outcome.DONE, "it is joined, and has no id to press", joined.call)
        intent = Intent(Verb.DTMF, joined.call, again.digits, private=True)
        reply = await ask(self._switchboard, intent, AT_ONCE_S, SOURCE)
        done = reply.outcome is Outcome.DONE
        return replace(reply, detail="its id is pressed again" if done else reply.detail)

    async def _dial(self) -> Reply:
        """Place the next call of the present attempt."""
        if self._attempt is None:
            return Reply(Outcome.STALE, "nobody joins a meeting")
        attempt = self._attempt = replace(self._attempt, tries=self._attempt.tries + 1, call=None)
        digits = f",{attempt.digits}" if attempt.digits else ""
        intent = Intent(Verb.DIAL, target=attempt.way.number + digits, private=True)
        reply = await ask(self._switchboard, intent, AT_ONCE_S, attempt.source, self._placed)
        if reply.outcome is Outcome.ACCEPTED:
            return replace(reply, detail="it is being dialled")
        return reply

    def _placed(self, call: CallId) -> None:
        if self._attempt is not None and self._attempt.call is None:
            self._attempt = replace(self._attempt, call=call)
            now_s = self._switchboard.timers.now()
            self._switchboard.post(PartyNamed(now_s, call, self._attempt.title))

    def announced(self, what: Announcement) -> bool:
        """Follow the call; return whether it was ours."""
        attempt = self._attempt
        if not isinstance(what, AnnounceCall) or attempt is None or what.call != attempt.call:
            return False
        if what.after is Phase.CONNECTED and not attempt.is_up:
            self._attempt = replace(attempt, is_up=True)
        elif what.after is Phase.ENDED:
            self._ended(attempt, what)
        return True

    def _ended(self, attempt: Attempt, what: AnnounceCall) -> None:
        by_hand = what.cause is None or what.cause.by is EndedBy.LOCAL
        passes = what.cause is not None and what.cause.sip in PASSES
        is_last = attempt.tries >= MOST_TRIES or (attempt.tries >= len(attempt.ways) and not passes)
        if attempt.is_up or by_hand or is_last:
            self._attempt = None
            return
        self._attempt = replace(attempt, call=None)
        self._switchboard.timers.start(AGAIN_TIMER, AGAIN_S, self._again)

    def _again(self, _timer: str) -> None:
        """Try the next number, unless something else is going on by now."""
        attempt, calls = self._attempt, self._switchboard.state.calls
        if attempt is None or calls or not self._may_go_on(attempt.wish.meeting):
            self._attempt = None
            return
        self._dialling = asyncio.create_task(self._dial(), name="join a meeting")
