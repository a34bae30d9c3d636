"""A desk phone, the server it tells, and what came of it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from bridge.drivers.http import HttpServer
from bridge.drivers.phones import Phones
from bridge.model.effects import EngineOrder
from bridge.model.events import CallArrived, Event
from bridge.model.http import HttpSettings
from bridge.model.ids import CallId
from bridge.model.phones import PhoneEvent, PhoneSettings, PhoneVendor
from bridge.protocols.phone_setup import settings_lines
from tests.drivers.virtual_phones import VirtualPhone

PATIENCE_S = 20.0
TOKEN = "0123456789abcdef"
OURS = CallId("0123456789abcdefghij")

SPEAKING = (PhoneVendor.YEALINK, PhoneVendor.SNOM, PhoneVendor.POLY)


class Rig:
    """A phone, the server it tells, and what came of it."""

    def __init__(self, phone: VirtualPhone, settings: PhoneSettings) -> None:
        self.phone, self.settings = phone, settings
        self.events: list[Event] = []
        self.keys: list[PhoneEvent] = []
        self.phones = Phones(
            [settings],
            self.events.append,
            time.monotonic,
            lambda _phone, key: self.keys.append(key),
        )
        self.server = HttpServer(
            HttpSettings(port=0), {"phone": self.phones.answer}, time.monotonic
        )

    def _pressed(self, _phone: PhoneSettings, key: PhoneEvent) -> None:
        self.keys.append(key)

    async def does(self, action: Callable[..., str | None], *words: str) -> str:
        """Let the phone do something, which it does on a thread."""
        return await asyncio.to_thread(action, *words) or ""

    async def comes(self, kind: type[Event], count: int = 1) -> Event:
        """Return the newest event of a kind once there are so many."""
        end_s = time.monotonic() + PATIENCE_S
        while len(found := [e for e in self.events if isinstance(e, kind)]) < count:
            assert time.monotonic() < end_s, f"no {kind.__name__} in {self.events}"
            await asyncio.sleep(0.001)
        return found[-1]

    async def is_asked(self, path: str) -> None:
        """Wait until the phone got a request."""
        end_s = time.monotonic() + PATIENCE_S
        while not any(path in request for request in self.phone.requests):
            assert time.monotonic() < end_s, f"no {path} in {self.phone.requests}"
            await asyncio.sleep(0.001)

    def order(self, order: EngineOrder) -> None:
        assert self.phones.owns(order)
        self.phones.order(order)


@asynccontextmanager
async def rig(
    vendor: PhoneVendor, asks: str = "", *, digest: bool = False, **changes: object
) -> AsyncIterator[Rig]:
    with VirtualPhone(vendor, asks, digest=digest) as phone:
        settings = PhoneSettings("desk", vendor, ("127.0.0.1",), TOKEN, phone.control)
        settings = replace(settings, **changes)  # type: ignore[arg-type]
        found = Rig(phone, settings)
        async with found.phones, found.server:
            base = f"http://{found.server.address}"
            phone.set_up(settings_lines(settings, base, "127.0.0.1"))
            yield found


async def ringing(found: Rig) -> CallId:
    await found.does(found.phone.is_called, "4520")
    arrived = await found.comes(CallArrived)
    assert isinstance(arrived, CallArrived)
    return arrived.call
