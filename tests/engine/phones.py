"""Real engines as phones: two of them on loopback call each other."""

import itertools
import time
from collections.abc import Sequence
from typing import Self

from bridge.drivers.sip import SipEngine
from bridge.model.calls import RegistrationState
from bridge.model.effects import AnswerCall, EndCall, PlaceCall
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallEnded,
    EngineReady,
    RegistrationChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import SoundBackend, SoundSettings
from tests.engine.log import EventLog

LINE = AccountId("line")
_serials = itertools.count(1)


def new_call() -> CallId:
    """A fresh call id."""
    return CallId(f"test{next(_serials):016d}")


def quiet_settings(**changes: object) -> EngineSettings:
    """An engine on loopback, any port, without sound devices."""
    serial = next(_serials)
    settings: dict[str, object] = {
        "bind_address": "127.0.0.1",
        "port": 0,
        "rtp_first": 22_000 + serial * 40 % 20_000,
        "rtp_count": 40,
        "sound": SoundSettings(backend=SoundBackend.SILENT),
    }
    return EngineSettings(**{**settings, **changes})  # type: ignore[arg-type]  # by name


class Phone:
    """A ``SipEngine`` with its events.

    Args:
        user: user part of its address.
        settings: of the engine.
        accounts: instead of one that is peer to peer.
        options: passed to ``SipEngine``.
    """

    def __init__(
        self,
        user: str,
        settings: EngineSettings | None = None,
        accounts: Sequence[AccountSettings] | None = None,
        **options: object,
    ) -> None:
        self.user = user
        self.log = EventLog()
        self.lines = accounts if accounts is not None else [AccountSettings(LINE, user)]
        self.engine = SipEngine(
            settings or quiet_settings(),
            self.lines,
            self.log,
            time.monotonic,
            **options,  # type: ignore[arg-type]  # by name
        )

    async def __aenter__(self) -> Self:
        await self.engine.__aenter__()
        await self.log.until(EngineReady)
        for line in self.lines:  # until then a PBX has not heard of it
            await self.registration(line.account)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.engine.__aexit__(*exc)

    async def registration(
        self, account: AccountId = LINE, state: RegistrationState | None = None
    ) -> RegistrationChanged:
        """Wait for what a line says of its registration, or for a certain state of it."""

        def fits(event: RegistrationChanged) -> bool:
            return event.account == account and state in (None, event.state)

        return await self.log.until(RegistrationChanged, where=fits)

    @property
    def uri(self) -> str:
        """Where it can be called, peer to peer."""
        return f"sip:{self.user}@{self.engine.address}"

    def dials(self, target: str, account: AccountId = LINE) -> CallId:
        """Place a call and return its id."""
        call = new_call()
        self.engine.order(PlaceCall(call, account, target))
        return call

    async def arrival(self, after: int = 0) -> CallArrived:
        """Wait for a call that comes in."""
        return await self.log.until(CallArrived, after=after)

    async def hangs_up(self, call: CallId) -> CallEnded:
        """End a call and wait for its end."""
        self.engine.order(EndCall(call))
        return await self.log.until(CallEnded, call)


async def connect(caller: Phone, callee: Phone) -> tuple[CallId, CallId]:
    """Call, answer, and return both ends' ids once both are connected."""
    seen = len(callee.log.events)
    out = caller.dials(callee.uri)
    arrived = await callee.arrival(after=seen)
    callee.engine.order(AnswerCall(arrived.call))
    await caller.log.until(CallConnected, out)
    await callee.log.until(CallConnected, arrived.call)
    return out, arrived.call
