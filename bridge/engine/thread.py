"""The SIP thread: the only one that touches pjsua2, from its first moment to its last."""

import gc
import os
import sys
import traceback

import pjsua2 as pj

from bridge.engine.accounts import Accounts
from bridge.engine.audio import Sound
from bridge.engine.calls import local
from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.engine.library import Library, StartFailure
from bridge.engine.mailbox import DaemonHung, Link, Mailbox
from bridge.engine.network import Network
from bridge.engine.orders import carry_out
from bridge.engine.placing import with_dialing
from bridge.engine.recording import Told
from bridge.engine.resolver import Resolved, Resolver
from bridge.model.calls import Cause, Direction, EndedBy
from bridge.model.effects import EngineOrder, PlaceCall, SetRinger
from bridge.model.engine import (
    AccountSettings,
    AddAccount,
    AskSound,
    Configure,
    EngineFailed,
    EngineStarted,
    Ping,
    Pong,
    Quit,
    RemoveAccount,
    SelectSound,
    SoundReported,
)
from bridge.model.engine_limits import PJSUA2
from bridge.model.events import CallEnded, SoundChanged
from bridge.protocols.engine_wire import Malformed, ToEngine

_IDLE_S = 1.0
"""Longest sleep without calls. PJSIP's own timers wake it earlier, orders and packets at once."""

_BUSY_S = 0.1
"""Longest sleep with calls: media events wait in a queue that only the next round empties."""

_COLLECT_S = 30.0
"""Cyclic garbage is collected this often, on this thread: elsewhere a live call in it aborts."""

_GOODBYE_S = 1.0
_UNREGISTER_S = 0.3

EXIT_OK, EXIT_FAILED = 0, 1

Work = ToEngine | Malformed | SoundChanged | Resolved | Told


def run(mailbox: Mailbox[Work], link: Link) -> None:
    """Serve until ``Quit``, then end the process: PJSIP must not be left by falling off the end."""
    code = EXIT_FAILED
    try:
        code = _serve(mailbox, link)
    except DaemonHung as e:
        sys.stderr.write(f"engine: {e}\n")
    except BaseException:  # noqa: BLE001  # the border of the thread: say what it was and end
        sys.stderr.write("engine: " + traceback.format_exc())
    finally:
        sys.stderr.flush()
        os._exit(code)


def _serve(mailbox: Mailbox[Work], link: Link) -> int:
    first = mailbox.wait()
    if not isinstance(first, Configure):
        return EXIT_OK if isinstance(first, Quit) else EXIT_FAILED
    desk = Desk(first.settings, link, Resolver(mailbox.put))
    try:
        library = Library(desk, first.transports)
    except StartFailure as e:
        link.send(EngineFailed(str(e)))
        return EXIT_FAILED
    except pj.Error as e:
        link.send(EngineFailed(f"the SIP library cannot start: {e.reason}"))
        return EXIT_FAILED
    engine = _Engine(library, desk, mailbox)
    engine.start(first.accounts)
    engine.loop()
    engine.stop()
    return EXIT_OK


class _Engine:
    """Library, desk and mailbox at work."""

    def __init__(self, library: Library, desk: Desk, mailbox: Mailbox[Work]) -> None:
        self._library = library
        self._desk = desk
        self._mailbox = mailbox
        self._accounts = Accounts(desk, library.address)
        desk.server_silent = self._accounts.look_again
        desk.post = mailbox.put
        self._quit = False

    def start(self, accounts: tuple[AccountSettings, ...]) -> None:
        """Open the sound side, say that orders may come, and make the lines.

        Callers wait in the kernel's buffer meanwhile: PJSIP without a line would answer them 480.
        """
        self._desk.sound = Sound(pj, self._desk.settings.sound, self._mailbox.put)
        gc.disable()
        gc.collect()
        gc.freeze()  # what is here now stays: later collections need not look at it
        self._desk.agenda.after(_COLLECT_S, self._collect)
        self._mailbox.wake_by(self._library.wake)
        self._desk.report(
            EngineStarted(
                build=f"pjsua2 {self._library.version}",
                max_calls=PJSUA2.max_calls,
                max_accounts=PJSUA2.max_accounts,
                address=self._library.address,
            )
        )
        for settings in accounts:
            self._accounts.add(settings)
        self._network = Network(self._desk, self._library.endpoint)

    def loop(self) -> None:
        """Carry out orders and handle events until ``Quit``."""
        desk = self._desk
        while self._worked():
            desk.agenda.run_due()
            desk.link.flush()
            self._accounts.let_go()
            self._library.pump(self._sleep_s())

    def _worked(self) -> bool:
        """Do what is in the mailbox; return whether there is a next round."""
        while not self._quit:
            work = self._mailbox.take()
            if work is None:
                return True
            self._do(work)
        return False

    def _sleep_s(self) -> float:
        longest = _BUSY_S if self._desk.calls or self._desk.link.waiting else _IDLE_S
        sound_s = self._desk.sound.tick() if self._desk.sound is not None else None
        if sound_s is not None:
            longest = min(longest, sound_s)
        return self._desk.agenda.next_in(longest)

    def _do(self, work: Work) -> None:
        match work:
            case Ping(number):
                self._desk.report(Pong(number, len(self._desk.calls), self._desk.errors))
            case AddAccount(settings):
                self._accounts.add(settings)
            case RemoveAccount(account):
                self._accounts.remove(account)
            case SelectSound() | AskSound():
                self._ask_sound(work)
            case SoundChanged():
                self._desk.report(work)
            case Resolved(then, address):
                then(address)
            case Told(then):
                then()
            case Malformed(reason):
                self._desk.note(f"malformed line from the daemon: {reason}")
            case Configure():
                self._desk.note("a second Configure: ignored")
            case Quit():
                self._quit = True
            case _:
                self._order(work)

    def _ask_sound(self, work: SelectSound | AskSound) -> None:
        sound = self._desk.sound
        if sound is None:
            return
        if isinstance(work, SelectSound):
            sound.select(work.sound)
        else:
            self._desk.report(SoundReported(work.request, sound.stats()))

    def _order(self, order: EngineOrder) -> None:
        try:
            carry_out(self._desk, order)
        except Exception as e:  # noqa: BLE001  # one bad order must not end the other calls
            self._desk.fault(type(order).__name__, describe(e))
            self._own_mistake(order)

    def _own_mistake(self, order: EngineOrder) -> None:
        """Tell whoever waits for the order; a call that never began has ended."""
        if isinstance(order, SetRinger):
            return
        reason = "a mistake in the SIP engine: its log says which"
        self._desk.refuse(order.call, type(order).__name__, reason)
        if isinstance(order, PlaceCall) and order.call not in self._desk.calls:
            self._desk.dialing.pop(order.call, None)
            cause = Cause(EndedBy.ERROR, 0, reason)
            self._desk.report(CallEnded(self._desk.now(), order.call, cause))

    def _collect(self) -> None:
        gc.collect()
        self._desk.agenda.after(_COLLECT_S, self._collect)

    # -- the end --------------------------------------------------------------

    def stop(self) -> None:
        """Leave PJSIP in the order that does not abort: calls, sound, objects, lines, library.

        Ends within about 3 s: 1 s for calls, 0.3 s for registrations, about 1 s ``libDestroy``.
        """
        desk = self._desk
        self._hang_up()
        if desk.sound is not None:
            desk.sound.close()
            desk.sound = None
        desk.calls.clear()
        gc.collect()
        if self._accounts.remove_all():
            self._library.pump_for(_UNREGISTER_S)
        self._accounts.let_go()
        gc.collect()
        desk.link.flush()
        self._library.leave()

    def _hang_up(self) -> None:
        """End every call; a caller who rings hears "not available" and may reach a mailbox."""
        desk = self._desk
        for call in list(desk.calls.values()):
            unanswered = call.direction is Direction.INCOMING and not call.answered
            try:
                call.finish(local("the program ends"), 480 if unanswered else 0)
            except pj.Error as e:
                describe(e)
        for call_id in list(desk.dialing):
            with_dialing(desk, call_id, "EndCall")
        end = desk.now() + _GOODBYE_S
        while desk.calls and desk.now() < end:
            self._library.pump(0.02)
        for call in list(desk.calls.values()):
            desk.end(call, local("the program ends"))
