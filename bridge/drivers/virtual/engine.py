"""The twin of ``drivers.sip``: in memory for tests, as a process where pjsua2 is missing.

``python -m bridge.drivers.virtual.engine --fd N`` speaks the wire of the real engine and cannot
call.
"""

import argparse
import asyncio
import itertools
import socket
import sys
import time
from collections.abc import Callable, Sequence
from typing import Self

from bridge.drivers.ports import Now, Sink
from bridge.drivers.virtual.switchboard import Switchboard, VirtualCall
from bridge.model.calls import Cause, EndedBy, Party, RegistrationState
from bridge.model.effects import EngineOrder, PlaceCall
from bridge.model.engine import (
    AccountSettings,
    AddAccount,
    AskSound,
    Configure,
    EngineStarted,
    Ping,
    Pong,
    Quit,
    RemoveAccount,
    SelectSound,
    SoundReported,
)
from bridge.model.engine_limits import STAND_IN, STAND_IN_NOTE
from bridge.model.errors import TransportTimeout
from bridge.model.events import (
    CallArrived,
    CallEnded,
    EngineLost,
    EngineReady,
    Event,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import Ring, SoundBackend, SoundSettings, SoundStats
from bridge.protocols.engine_wire import EngineInput, FromEngine, Malformed, ToEngine, encode

Defer = Callable[[Callable[[], None]], object]
"""Does something soon, never now: as events of the real engine, none comes inside ``order``."""

_NOT_RUNNING = "the SIP engine is not running at the moment; it is being started again"


def _soon(action: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_soon(action)


class VirtualEngine:
    """``CallEngine`` in memory, with the other end of each call played by ``peer_*``.

    Args:
        accounts: the lines.
        sink: takes events.
        now: monotonic seconds.
        max_calls: 0 for a stand-in that cannot call.
        defer: how events are put off; the event loop's ``call_soon``, or a list of the test's.
    """

    def __init__(
        self,
        accounts: Sequence[AccountSettings],
        sink: Sink,
        now: Now,
        *,
        max_calls: int = 4,
        defer: Defer = _soon,
    ) -> None:
        self._accounts, self._sink, self._now, self._defer = accounts, sink, now, defer
        self._numbers = itertools.count(1)
        self._max_calls = max_calls
        self._board = Switchboard(self._emit, now, max_calls)
        self._up = False
        self.orders: list[EngineOrder] = []
        self.sounds: list[SoundSettings] = []

    async def __aenter__(self) -> Self:
        """Start; ``EngineReady`` and the registrations come through the sink."""
        self.comes_back()
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Hang up."""
        for call in list(self._board.calls):
            self._board.calls.pop(call)
            cause = Cause(EndedBy.LOCAL, 0, "the program ends")
            self._sink(CallEnded(self._now(), call, cause))
        self._up = False

    def order(self, order: EngineOrder) -> None:
        """Take one order and remember it in ``orders``."""
        self.orders.append(order)
        if self._up:
            self._board.order(order)
            return
        call = getattr(order, "call", None)
        if call is not None:
            self._emit(OrderFailed(self._now(), call, type(order).__name__, 0, _NOT_RUNNING))
        if isinstance(order, PlaceCall):
            cause = Cause(EndedBy.ERROR, 0, _NOT_RUNNING)
            self._emit(CallEnded(self._now(), order.call, cause))

    def select_sound(self, sound: SoundSettings) -> None:
        """Remember settings in ``sounds``."""
        self.sounds.append(sound)

    async def sound_stats(self) -> SoundStats:
        """Return the figures of silence."""
        if not self._up:
            raise TransportTimeout(_NOT_RUNNING)
        return SoundStats(SoundBackend.SILENT, False, True, True, self.ringer_on)

    # -- what tests see -------------------------------------------------------

    @property
    def address(self) -> str:
        """In words: nobody can reach it by SIP."""
        return "no network (virtual engine)" if self._up else ""

    @property
    def silent_s(self) -> float:
        """In memory nothing hangs."""
        return 0.0

    @property
    def calls(self) -> dict[CallId, VirtualCall]:
        """The calls there are."""
        return self._board.calls

    @property
    def ringer_on(self) -> bool:
        """The ring tone sounds on the ringer device."""
        return self._board.ring in (Ring.EXTERNAL, Ring.INTERNAL)

    @property
    def ring(self) -> Ring:
        """What tells of a call."""
        return self._board.ring

    # -- the other end --------------------------------------------------------

    def peer_calls(
        self,
        number: str,
        name: str = "",
        account: AccountId | None = None,
        *,
        diverted_by: Party | None = None,
        answer_at_once: bool = False,
    ) -> CallId | None:
        """Call in; return the call, or None when all lines are taken."""
        call = CallId(f"virtual{next(self._numbers):013d}")
        arrived = CallArrived(
            self._now(),
            call,
            account or self._accounts[0].account,
            Party(number, name),
            diverted_by,
            answer_at_once,
        )
        return call if self._board.peer_calls(arrived) else None

    def peer_rings(self, call: CallId) -> None:
        """The phone over there rings."""
        self._board.peer_rings(call)

    def peer_answers(self, call: CallId) -> None:
        """They pick up."""
        self._board.peer_answers(call)

    def peer_rejects(self, call: CallId, status: int) -> None:
        """They refuse with a final status."""
        self._board.peer_rejects(call, status)

    def peer_hangs_up(self, call: CallId, *, elsewhere: bool = False) -> None:
        """They hang up, or give up while it rings here, perhaps for another telephone of ours."""
        self._board.peer_hangs_up(call, elsewhere=elsewhere)

    def peer_holds(self, call: CallId) -> None:
        """They hold."""
        self._board.peer_holds(call, on=True)

    def peer_resumes(self, call: CallId) -> None:
        """They resume."""
        self._board.peer_holds(call, on=False)

    def peer_presses(self, call: CallId, digit: str) -> None:
        """They press a key."""
        self._board.peer_presses(call, digit)

    def peer_tells(self, call: CallId, status: int, reason: str = "") -> None:
        """They tell how the transfer we asked for goes."""
        self._board.peer_tells(call, status, reason)

    def peer_refers(self, call: CallId, number: str) -> CallId:
        """They send us elsewhere; return the new call."""
        new_call = CallId(f"virtual{next(self._numbers):013d}")
        self._board.peer_refers(call, new_call, Party(number))
        return new_call

    def peer_is_replaced(self, call: CallId, number: str) -> CallId:
        """Another one takes the place of the other end; return the new call."""
        new_call = CallId(f"virtual{next(self._numbers):013d}")
        self._board.peer_is_replaced(call, new_call, Party(number))
        return new_call

    def peer_sends_on(self, call: CallId, number: str) -> None:
        """Our call is sent on by 302, and we follow."""
        self._board.peer_sends_on(call, Party(number))

    # -- accidents ------------------------------------------------------------

    def registration(
        self, account: AccountId, state: RegistrationState, sip: int = 0, reason: str = ""
    ) -> None:
        """The registrar changes its mind."""
        self._board.registration(account, state, sip, reason)

    def dies(self, reason: str = "the SIP engine died") -> None:
        """End without a goodbye, reported as the supervisor reports it."""
        now, self._up = self._now(), False
        for call in self._board.calls:
            self._emit(CallEnded(now, call, Cause(EndedBy.ERROR, 0, reason)))
        for a in self._accounts:
            offline = RegistrationState.OFFLINE
            self._emit(RegistrationChanged(now, a.account, offline, 0, reason))
        self._emit(EngineLost(now, reason))

    def comes_back(self) -> None:
        """Start anew, without calls."""
        self._board = Switchboard(self._emit, self._now, self._max_calls)
        self._up = True
        note = "" if self._max_calls else STAND_IN_NOTE
        self._emit(EngineReady(self._now(), self._max_calls, note))
        for settings in self._accounts:
            self._board.add_account(settings)

    def _emit(self, event: Event) -> None:
        self._defer(lambda: self._sink(event))


# -- as a process -------------------------------------------------------------


class StandIn:
    """Answers the messages of the daemon, and cannot call.

    Args:
        send: takes what it answers.
        now: monotonic seconds.
    """

    def __init__(self, send: Callable[[FromEngine], None], now: Now) -> None:
        self._send = send
        self._board = Switchboard(send, now, max_calls=0)

    def take(self, message: ToEngine | Malformed) -> bool:
        """Answer one message; return False when it was the last."""
        match message:
            case Configure():
                self._send(EngineStarted(STAND_IN.build, STAND_IN.max_calls, 0, "", STAND_IN_NOTE))
            case AddAccount(settings):
                self._board.add_account(settings)
            case Ping(number):
                self._send(Pong(number))
            case AskSound(request):
                nothing = SoundStats(SoundBackend.SILENT, False, True, True, False)
                self._send(SoundReported(request, nothing))
            case Quit():
                return False
            case RemoveAccount() | SelectSound() | Malformed():
                pass
            case _:
                self._board.order(message)
        return True


def main(argv: Sequence[str]) -> int:
    """Serve until ``Quit`` or the end of the stream."""
    parser = argparse.ArgumentParser(prog="bridge.drivers.virtual.engine", description=__doc__)
    parser.add_argument("--fd", type=int, required=True, help="socket to the daemon")
    channel = socket.socket(fileno=parser.parse_args(argv).fd)
    stand_in = StandIn(lambda m: channel.sendall(encode(m)), time.monotonic)
    orders = EngineInput()
    while data := channel.recv(65_536):
        if not all(stand_in.take(message) for message in orders.feed(data)):
            break
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
