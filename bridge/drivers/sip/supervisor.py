"""Keeps one engine process alive: start, handshake, heartbeat, burial, back-off, and again.

A life of an engine: *starting* (Configure sent, nothing else may be), *up* (accounts sent, orders
pass), *over* (nothing it still says counts).
"""

import asyncio
import importlib.util
import logging
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from bridge.drivers.sip.backoff import Backoff
from bridge.drivers.sip.process import EngineProcess
from bridge.model.effects import EngineOrder
from bridge.model.engine import (
    AccountSettings,
    AddAccount,
    AskSound,
    Configure,
    EngineFailed,
    EngineNote,
    EngineSettings,
    EngineStarted,
    Ping,
    Pong,
    RemoveAccount,
    SelectSound,
    SoundReported,
    Transport,
)
from bridge.model.errors import TransportError
from bridge.model.redaction import redact
from bridge.protocols.engine_wire import FromEngine, SipEvent

log = logging.getLogger(__name__)

ENGINE_ARGV = (sys.executable, "-X", "faulthandler", "-m", "bridge.engine")
STAND_IN_ARGV = (sys.executable, "-m", "bridge.drivers.virtual.engine")

_START_S = 30.0
"""From start to ``EngineStarted``: 0.2 s measured; 7 s in the emulated machine of the lab and
13.6 s there when its host was overloaded. Only an engine that hangs before it answers costs this
long; one that dies is noticed at once."""

_MISSED = 3
"""Pings without an answer until the engine counts as stuck."""


class Owner(Protocol):
    """Who is told what the engine does."""

    def engine_ready(self, started: EngineStarted) -> None: ...
    def engine_event(self, event: SipEvent) -> None: ...
    def engine_note(self, text: str) -> None: ...
    def engine_sound(self, report: SoundReported) -> None: ...
    def engine_lost(self, reason: str, accounts: Sequence[AccountSettings]) -> None: ...
    def engine_stopped(self) -> None: ...


class Supervisor:
    """Arguments as for ``SipEngine``; ``owner`` is told."""

    def __init__(
        self,
        settings: EngineSettings,
        accounts: Sequence[AccountSettings],
        owner: Owner,
        *,
        argv: Sequence[str],
        stand_in_argv: Sequence[str],
        heartbeat_s: float,
    ) -> None:
        self._settings = settings
        self._accounts = {a.account: a for a in accounts}
        self._owner = owner
        self._argv, self._stand_in_argv = argv, stand_in_argv
        self._heartbeat_s = heartbeat_s
        self._process: EngineProcess | None = None
        self._started: asyncio.Future[EngineStarted] | None = None
        self._up = False
        self._pong = 0
        self._early: list[SipEvent] = []  # before the owner knows that there is an engine
        self._stopping = asyncio.Event()
        self._restart = asyncio.Event()  # of the present life
        self._last_reason = ""
        self._turned_s = time.monotonic()
        self._has_ended = False
        self.address = ""

    @property
    def pid(self) -> int:
        """Process id of the engine, 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def silent_s(self) -> float:
        """Seconds since an engine answered, or was buried or started; infinite once we ended."""
        return math.inf if self._has_ended else time.monotonic() - self._turned_s

    # -- for the client -------------------------------------------------------

    def send(self, message: EngineOrder | AskSound) -> bool:
        """Pass a message to an engine that is up; return whether there is one."""
        if self._process is None or not self._up:
            return False
        self._process.send(message)
        return True

    def set_accounts(self, accounts: Sequence[AccountSettings]) -> None:
        """Use these lines from now on. A transport that none had before needs a new engine."""
        before = self._transports()
        gone = self._accounts.keys() - {a.account for a in accounts}
        self._accounts = {a.account: a for a in accounts}
        if self._process is None or not self._up:
            return
        if not set(self._transports()) <= set(before):
            log.info("the SIP engine starts anew for another transport")
            self._process.deafen()
            self._restart.set()
            return
        for account in sorted(gone):
            self._process.send(RemoveAccount(account))
        self._send_accounts(self._process)

    def select_sound(self, order: SelectSound) -> None:
        """Use other sound devices from now on."""
        self._settings = replace(self._settings, sound=order.sound)
        if self._process is not None and self._up:
            self._process.send(order)

    def stop(self) -> None:
        """Let ``run`` end."""
        self._stopping.set()

    # -- the life of engines --------------------------------------------------

    async def run(self) -> None:
        """Keep an engine alive until ``stop``."""
        loop, backoff = asyncio.get_running_loop(), Backoff()
        if importlib.util.find_spec("pjsua2") is None:
            self._argv = self._stand_in_argv
        try:
            while not self._stopping.is_set():
                born = loop.time()
                reason = await self._live()
                if self._stopping.is_set():
                    self._owner.engine_stopped()
                    return
                self._say_lost(reason)
                self._turned_s = time.monotonic()
                await self._pause(backoff.next_s(loop.time() - born))
        finally:
            self._has_ended = True

    async def _live(self) -> str:
        """One life of an engine, from start to burial; return why it ended."""
        self._started = asyncio.get_running_loop().create_future()
        self._restart = asyncio.Event()
        self._early = []
        self._pong = 0
        self._turned_s = time.monotonic()
        try:
            process = await EngineProcess.start(self._argv, self._receive)
        except TransportError as e:
            return str(e)
        self._process = process
        try:
            reason = await self._first_of(process)
            if self._stopping.is_set():
                await process.stop()
            return reason
        finally:
            self._up, self._process, self.address = False, None, ""
            process.deafen()
            await process.kill()

    async def _first_of(self, process: EngineProcess) -> str:
        """Wait for the first of: it dies, it is stuck, it failed to start, we want it to end."""
        tasks = [
            asyncio.create_task(self._died(process), name="sip-engine-died"),
            asyncio.create_task(self._attend(process), name="sip-engine-heartbeat"),
            asyncio.create_task(self._wanted_to_end(self._stopping), name="sip-engine-stop"),
            asyncio.create_task(self._wanted_to_end(self._restart), name="sip-engine-restart"),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            return next(t.result() for t in reversed(tasks) if t in done)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _died(self, process: EngineProcess) -> str:
        how = await process.ended()
        if self._started is not None and self._started.done():
            failure = self._started.exception()
            if failure is not None:
                return str(failure)
        return f"the SIP engine died ({how}); it is being started again"

    async def _wanted_to_end(self, event: asyncio.Event) -> str:
        await event.wait()
        return "the SIP engine is started anew"

    async def _attend(self, process: EngineProcess) -> str:
        """Shake hands, then ask every now and then whether it lives; return what went wrong."""
        assert self._started is not None  # noqa: S101  # made in _live
        process.send(Configure(self._settings, self._transports(), tuple(self._accounts.values())))
        configured, sound = set(self._accounts), self._settings.sound
        try:
            started = await asyncio.wait_for(asyncio.shield(self._started), _START_S)
        except TransportError as e:
            return str(e)
        except TimeoutError:
            return f"the SIP engine did not start within {_START_S:.0f} s; it is tried again"
        for account in sorted(configured - set(self._accounts)):
            process.send(RemoveAccount(account))
        if self._settings.sound != sound:
            process.send(SelectSound(self._settings.sound))
        self._welcome(process, started)
        sent = 0
        while sent - self._pong < _MISSED:
            await asyncio.sleep(self._heartbeat_s)
            sent += 1
            process.send(Ping(sent))
        return "the SIP engine did not answer any more; it is being started again"

    def _welcome(self, process: EngineProcess, started: EngineStarted) -> None:
        self._send_accounts(process)
        self._up, self.address = True, started.address
        log.info("SIP engine runs: %s on %s", started.build, started.address)
        self._last_reason = ""
        self._owner.engine_ready(started)
        early, self._early = self._early, []
        for event in early:
            self._owner.engine_event(event)

    def _receive(self, message: FromEngine) -> None:
        match message:
            case Pong():
                self._pong = message.number
                self._turned_s = time.monotonic()
            case EngineStarted():
                if self._started is not None and not self._started.done():
                    self._started.set_result(message)
            case EngineFailed():
                self._failed(message)
            case EngineNote(text=text):
                log.info("SIP engine: %s", redact(text))
                self._owner.engine_note(text)
            case SoundReported():
                self._owner.engine_sound(message)
            case _ if self._up:
                self._owner.engine_event(message)
            case _:  # accounts and callers may speak before the handshake is over
                self._early.append(message)

    def _failed(self, message: EngineFailed) -> None:
        if message.missing:
            self._argv = self._stand_in_argv
        if self._started is not None and not self._started.done():
            self._started.set_exception(TransportError(message.reason))

    def _say_lost(self, reason: str) -> None:
        """Tell that the engine is gone; the same reason again and again is told once."""
        if reason != self._last_reason:
            log.warning("%s", redact(reason))
        self._last_reason = reason
        self._owner.engine_lost(reason, list(self._accounts.values()))

    async def _pause(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self._stopping.wait(), seconds)
        except TimeoutError:
            return

    def _send_accounts(self, process: EngineProcess) -> None:
        for account in self._accounts.values():
            process.send(AddAccount(account))

    def _transports(self) -> tuple[Transport, ...]:
        used = {a.transport for a in self._accounts.values()}
        return tuple(t for t in Transport if t in used) or (Transport.UDP,)
