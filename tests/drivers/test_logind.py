"""logind says that the machine has slept: a real bus in between, and what can go wrong with it."""

import asyncio
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.drivers.logind import SleepWatch, why_deaf
from bridge.drivers.logind.bus import listening
from bridge.drivers.virtual.logind import VirtualSleep
from bridge.model.errors import ProtocolViolation
from bridge.model.events import Event, SystemResumed
from tests.drivers.message_bus import Logind, MessageBus

pytestmark = pytest.mark.needs("dbus")

PATIENCE_S = 20.0
NOW_S = 7.0
RETRY_S = (0.01, 0.05)


@pytest.fixture
def short_dir() -> Iterator[Path]:
    """A directory with a path short enough for a Unix socket's 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="ohk") as name:
        yield Path(name)


@pytest.fixture
def bus(short_dir: Path) -> Iterator[MessageBus]:
    with MessageBus(short_dir) as running:
        yield running


@asynccontextmanager
async def watch(
    address: str, slept: Callable[[], float] = lambda: 0.0
) -> AsyncIterator[tuple[SleepWatch, list[Event]]]:
    """A running watch and what it said; it need not listen yet."""
    heard: list[Event] = []
    made = SleepWatch(heard.append, lambda: NOW_S, address=address, slept=slept, retry_s=RETRY_S)
    async with made as watching:
        yield watching, heard


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not condition():  # noqa: ASYNC110  # what is waited for has no event
            await asyncio.sleep(0.001)


async def test_waking_up_is_told_once_with_the_time_of_our_clock(bus: MessageBus) -> None:
    async with watch(bus.address) as (watching, heard), Logind(bus.address) as logind:
        await until(lambda: watching.is_listening)
        await logind.prepare_for_sleep(start=True)
        await logind.prepare_for_sleep(start=False)
        await until(lambda: heard)
    assert heard == [SystemResumed(NOW_S)]


async def test_a_logind_that_starts_later_is_heard(bus: MessageBus) -> None:
    async with watch(bus.address) as (watching, heard):
        await until(lambda: watching.is_listening)
        async with Logind(bus.address) as logind:
            await logind.prepare_for_sleep(start=False)
            await until(lambda: heard)


async def test_after_the_bus_was_restarted_it_listens_again(bus: MessageBus) -> None:
    async with watch(bus.address) as (watching, heard):
        await until(lambda: watching.is_listening)
        bus.kill()
        await until(lambda: not watching.is_listening)
        bus.start()
        async with Logind(bus.address) as logind:
            await until(lambda: watching.is_listening)
            await logind.prepare_for_sleep(start=False)
            await until(lambda: heard)
    assert len(heard) == 1


async def test_a_bus_that_comes_late_is_found(short_dir: Path) -> None:
    bus = MessageBus(short_dir)
    async with watch(bus.address) as (watching, _):
        with bus:
            await until(lambda: watching.is_listening)


async def test_a_sleep_while_the_bus_was_away_is_noticed(bus: MessageBus) -> None:
    slept_s = 0.0
    async with watch(bus.address, lambda: slept_s) as (watching, heard):
        await until(lambda: watching.is_listening)
        bus.kill()
        await until(lambda: not watching.is_listening)
        slept_s = 3600.0
        bus.start()
        await until(lambda: heard)
        bus.kill()
        await until(lambda: not watching.is_listening)
        bus.start()
        await until(lambda: watching.is_listening)
    assert len(heard) == 1


@pytest.mark.parametrize(("value", "signature"), [("no", "s"), (0, "u")])
async def test_a_signal_of_another_shape_is_not_taken(
    bus: MessageBus, value: object, signature: str
) -> None:
    async with watch(bus.address) as (watching, heard), Logind(bus.address) as logind:
        await until(lambda: watching.is_listening)
        await logind.prepare_for_sleep(value, signature)
        await logind.prepare_for_sleep(start=False)
        await until(lambda: heard)
    assert len(heard) == 1


async def test_a_stranger_who_says_the_same_is_not_believed(bus: MessageBus) -> None:
    async with (
        watch(bus.address) as (watching, heard),
        Logind(bus.address) as logind,
        Logind(bus.address, "com.example.stranger") as stranger,
    ):
        await until(lambda: watching.is_listening)
        others = await stranger.names()
        await stranger.prepare_for_sleep(start=False)
        for one in others:
            await stranger.prepare_for_sleep(start=False, to=one)
        await logind.prepare_for_sleep(start=False)
        await until(lambda: heard)
    assert len(heard) == 1


async def serve(path: Path, answer: bytes, served: list[bytes]) -> asyncio.Server:
    """Something at the bus's socket that is no bus."""

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.append(await reader.read(100))
        writer.write(answer)
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(speak, path)


@pytest.mark.parametrize(
    "answer",
    [b"", b"REJECTED EXTERNAL\r\n", b"HTTP/1.0 400\r\n", b"OK 12\r\n", b"OK 12\r\n\xff\xff" * 9],
)
async def test_what_is_no_bus_is_left_and_the_real_one_found_later(
    short_dir: Path, answer: bytes
) -> None:
    bus = MessageBus(short_dir)
    served: list[bytes] = []
    async with await serve(bus.socket, answer, served), watch(bus.address) as (watching, heard):
        await until(lambda: len(served) > 2)
        bus.socket.unlink()
        with bus:
            await until(lambda: watching.is_listening)
            async with Logind(bus.address) as logind:
                await until(lambda: watching.is_listening)
                await logind.prepare_for_sleep(start=False)
                await until(lambda: heard)


async def test_garbage_of_an_address_does_no_harm(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with watch("nonsense") as (watching, heard):
        await until(lambda: "not listening to logind" in caplog.text)
    assert not heard
    assert not watching.is_listening
    assert not [record for record in caplog.records if record.levelname not in {"DEBUG", "INFO"}]


async def test_a_machine_without_a_bus_is_told_once_and_only_to_who_debugs(
    short_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    async with watch(f"unix:path={short_dir}/none") as (watching, _):
        await until(lambda: watching._failed > 3)
    said = [r for r in caplog.records if r.name.startswith("bridge.drivers.logind")]
    assert [r.levelname for r in said] == ["DEBUG"]


async def test_a_rule_the_bus_refuses_is_an_error(bus: MessageBus) -> None:
    with pytest.raises(ConnectionRefusedError, match="the bus refuses"):
        async with listening(bus.address, "nonsense"):
            pytest.fail("the bus took it")


# -- the doctor's question ----------------------------------------------------


def test_the_doctor_hears_logind(bus: MessageBus) -> None:
    async def ask() -> str:
        async with Logind(bus.address):
            return await asyncio.to_thread(why_deaf, bus.address)

    assert asyncio.run(ask()) == ""


def test_the_doctor_says_that_logind_does_not_run(bus: MessageBus) -> None:
    assert "logind (or elogind) does not run" in why_deaf(bus.address)


def test_the_doctor_says_that_there_is_no_bus(short_dir: Path) -> None:
    assert "no D-Bus answers" in why_deaf(f"unix:path={short_dir}/none")


def test_the_doctor_does_not_wait_for_a_bus_that_says_nothing(short_dir: Path) -> None:
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(short_dir / "bus"))
        mute.listen()
        assert "no D-Bus answers" in why_deaf(f"unix:path={short_dir}/bus")


# -- the twin -----------------------------------------------------------------


async def test_the_twin_says_the_same_and_refuses_where_nobody_listens() -> None:
    heard: list[Event] = []
    twin = VirtualSleep(heard.append, lambda: NOW_S)
    async with twin:
        twin.wake()
    assert heard == [SystemResumed(NOW_S)]
    with pytest.raises(ProtocolViolation):
        twin.wake()
