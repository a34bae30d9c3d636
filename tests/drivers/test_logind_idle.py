"""logind says since when the user is idle: a real bus in between, and nobody there at all."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.drivers.logind import IdleWatch
from bridge.drivers.logind.idle import idle_since_ms
from tests.drivers.message_bus import Logind, MessageBus

pytestmark = pytest.mark.needs("dbus")

PATIENCE_S = 20.0
SINCE_MS = 1_800_000_000_123


@pytest.fixture
def bus() -> Iterator[MessageBus]:
    with tempfile.TemporaryDirectory(prefix="ohk") as name, MessageBus(Path(name)) as running:
        yield running


async def asked(bus: MessageBus, *, idle: bool) -> int:
    async with asyncio.timeout(PATIENCE_S), Logind(bus.address) as logind:
        questions = 3 if idle else 2  # a user who is not idle is not asked since when
        answers = logind.answer_about_user(
            idle=idle, since_us=SINCE_MS * 1000 + 7, questions=questions
        )
        found, _ = await asyncio.gather(idle_since_ms(bus.address), answers)
    return found


async def test_an_idle_user_is_idle_since_a_time(bus: MessageBus) -> None:
    assert await asked(bus, idle=True) == SINCE_MS


async def test_a_user_who_is_not_idle_has_no_time(bus: MessageBus) -> None:
    assert await asked(bus, idle=False) == 0


async def test_where_there_is_no_logind_nobody_knows(bus: MessageBus) -> None:
    with pytest.raises(ConnectionRefusedError, match="not provided"):
        await idle_since_ms(bus.address)


async def test_it_is_told_once_that_the_user_is_idle_and_once_that_nobody_knows_any_more(
    bus: MessageBus,
) -> None:
    told: asyncio.Queue[int] = asyncio.Queue()
    async with asyncio.timeout(PATIENCE_S), Logind(bus.address) as logind:
        watch = IdleWatch(told.put_nowait, address=bus.address, look_s=0.01)
        async with watch:
            await logind.answer_about_user(idle=True, since_us=SINCE_MS * 1000, questions=9)
            assert await told.get() == SINCE_MS
            bus.kill()
            assert await told.get() == 0
            assert told.empty()
