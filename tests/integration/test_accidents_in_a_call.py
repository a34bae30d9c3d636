"""Things that die in the middle of a call: the call lives where it can, and all comes back."""

import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.config.settings import Config
from bridge.model.calls import Phase
from bridge.model.engine import AccountSettings, Transport
from bridge.model.intents import Verb
from bridge.model.sound import SoundBackend
from tests.engine_audio.conftest import PulseServer
from tests.integration.phones import LOUD_DBFS, TONE_HZ, Baresip, baresip_at
from tests.integration.running import (
    LINE,
    OUR_TONE_HZ,
    Desk,
    Reader,
    account_at,
    at_broker,
    config_for,
    desk_with,
)
from tests.integration.waiting import eventually
from tests.pbx.instance import Broker, Pbx

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("baresip", "mosquitto", "mosquitto-clients"),
]

NUMBER = "200"
PBX_IS_BACK_S = 25.0  # TCP: the loss is noticed at once, the engine asks again every few seconds


@pytest.fixture
def config(short_dir: Path, free_port_base: int) -> Config:
    """A line without a PBX: callers need the address."""
    return config_for(short_dir, AccountSettings(LINE, NUMBER), free_port_base + 100)


@asynccontextmanager
async def a_caller(short_dir: Path, port_base: int) -> AsyncIterator[Baresip]:
    """A baresip that belongs to no PBX."""
    uri = f"sip:ada@127.0.0.1:{port_base}"
    async with baresip_at(short_dir / "caller", port_base, uri) as caller:
        yield caller


async def talk(desk: Desk, caller: Baresip, lives: int = 1) -> None:
    """Let a caller call and be answered on the headset."""
    await desk.takes_calls(lives)
    await caller.calls(f"sip:{NUMBER}@{desk.engine.address}")
    await desk.shows("ring")
    desk.press("hook")
    await desk.shows("off_hook")
    await desk.call_is(Phase.CONNECTED)
    await desk.hears(TONE_HZ)


def registration(reader: Reader) -> object:
    """What readers are told about the line."""
    return reader.state("line/desk")["registration"]


def where(broker: Broker) -> tuple[str, ...]:
    """Options of ``mosquitto_sub``."""
    return ("-h", broker.host, "-p", str(broker.port))


async def test_a_broker_that_is_killed_costs_neither_the_call_nor_an_event(
    config: Config, mosquitto: Broker, short_dir: Path, free_port_base: int
) -> None:
    phone = a_caller(short_dir, free_port_base + 50)
    async with desk_with(at_broker(config, mosquitto)) as desk, phone as caller:
        with Reader(*where(mosquitto)) as before:
            await talk(desk, caller)
            await before.until(lambda: before.call_state == "connected", "connected")
            mosquitto.kill()
        await desk.until(lambda: desk.view.problems, "the lost broker is told")
        desk.press("mute")
        await desk.shows("off_hook", "mute")
        desk.press("flash")
        await desk.shows("mute", "hold")
        await desk.call_is(Phase.HELD)
        await desk.hears_no(TONE_HZ)
        mosquitto.start()
        with Reader(*where(mosquitto)) as after:
            await after.until(lambda: after.state("availability"), "availability")
            await after.until(lambda: after.call_state == "held", "the call on hold")
            await after.until(lambda: after.lamps == {"mute", "hold"}, "both lamps")
            last = int(str(after.state("availability")["seq"]))
            missed = set(range(1, last + 1)) - before.numbers - after.numbers
            assert missed <= await replayed(after, min(missed, default=1) - 1)
        await desk.until(lambda: not desk.view.problems, "all is well again")
        assert desk.call is not None
        desk.press("flash")
        await desk.call_is(Phase.CONNECTED)
        await desk.hears(TONE_HZ)


async def test_an_engine_that_is_killed_ends_the_call_and_the_next_call_works(
    config: Config, short_dir: Path, free_port_base: int
) -> None:
    async with desk_with(config) as desk, a_caller(short_dir, free_port_base + 50) as caller:
        with Reader("--unix", desk.daemon.bus.settings.socket) as reader:
            await talk(desk, caller)
            first_life = desk.engine.pid
            os.kill(first_life, signal.SIGKILL)
            await desk.shows()
            await desk.no_call()
            await reader.until(lambda: reader.state("alert/engine"), "the alert")
            assert "the SIP engine died" in str(reader.state("alert/engine")["text"])
            await reader.until(lambda: reader.moves[-1:] == ["ended"], "the end of the call")
            cause = reader.events("event/call")[-1]["cause"]
            assert isinstance(cause, dict)
            assert cause["by"] == "error"
            await desk.until(lambda: desk.view.engine_up, "the engine is back")
            assert desk.engine.pid != first_life
            await reader.until(lambda: not reader.state("alert/engine"), "the alert cleared")
            await caller.hangs_up()
            await talk(desk, caller, lives=2)


async def test_a_headset_that_is_pulled_costs_no_call_and_finds_its_lamps_again(
    config: Config, short_dir: Path, free_port_base: int
) -> None:
    async with desk_with(config) as desk, a_caller(short_dir, free_port_base + 50) as caller:
        await talk(desk, caller)
        desk.press("mute")
        await desk.shows("off_hook", "mute")
        desk.usb.unplug(desk.headset)
        await desk.until(lambda: not desk.view.devices, "the headset is gone")
        assert desk.call is not None
        assert desk.call.phase is Phase.CONNECTED
        assert (await desk.level_dbfs(TONE_HZ)) > LOUD_DBFS
        desk.usb.plug(desk.headset)
        await desk.shows("off_hook", "mute")
        await desk.presses_later("hook")
        await desk.no_call()
        await caller.until("CALL_CLOSED")


@pytest.mark.needs("kamailio", "openssl")
async def test_a_pbx_that_is_killed_costs_no_call_and_the_registration_comes_back(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    config = config_for(short_dir, account_at(pbx, 201, Transport.TCP), free_port_base + 100)
    phone = baresip_at(short_dir / "caller", free_port_base, pbx.uri(202), pbx.password(202))
    async with desk_with(config) as desk, phone as caller:
        with Reader("--unix", desk.daemon.bus.settings.socket) as reader:
            await desk.is_registered()
            await caller.calls(pbx.uri(201))
            await desk.shows("ring")
            desk.press("hook")
            await desk.hears(TONE_HZ)
            pbx.kill()
            await reader.until(lambda: reader.state("alert/line-desk"), "the alert")
            await reader.until(lambda: registration(reader) == "failed", "the lost registration")
            assert desk.call is not None
            assert desk.call.phase is Phase.CONNECTED
            assert (await desk.level_dbfs(TONE_HZ)) > LOUD_DBFS
            pbx.start_part()
            await desk.is_registered(PBX_IS_BACK_S)
            await reader.until(lambda: not reader.state("alert/line-desk"), "the alert cleared")
            await reader.until(lambda: registration(reader) == "registered", "the new one")
            assert desk.call is not None
            await desk.presses_later("hook")
            await desk.shows()
            await caller.until("CALL_CLOSED")


@pytest.fixture
def pulse(short_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseServer]:
    """A sound server of the test's own, which the engine will find."""
    directory = short_dir / "pulse"
    directory.mkdir()
    server = PulseServer(directory)
    server.start()
    monkeypatch.setenv("PULSE_SERVER", server.address)
    monkeypatch.setenv("PULSE_RUNTIME_PATH", str(directory))
    yield server
    server.close()


def sounding(config: Config) -> Config:
    """The same with the devices of the sound server."""
    sound = replace(
        config.engine.sound,
        backend=SoundBackend.PULSE,
        microphone="mouth.monitor",
        speaker="ear",
        ringer="bell",
    )
    return replace(config, engine=replace(config.engine, sound=sound))


@pytest.mark.needs("pulseaudio")
async def test_a_sound_server_that_is_killed_costs_no_call_and_the_sound_comes_back(
    pulse: PulseServer, config: Config, short_dir: Path, free_port_base: int
) -> None:
    async with (
        desk_with(sounding(config)) as desk,
        a_caller(short_dir, free_port_base + 50) as caller,
    ):
        await desk.takes_calls()
        await caller.calls(f"sip:{NUMBER}@{desk.engine.address}")
        await desk.shows("ring")
        desk.press("hook")
        await desk.call_is(Phase.CONNECTED)
        with pulse.listening("ear") as ear:
            await eventually(lambda: ear.tone_dbfs(TONE_HZ) > LOUD_DBFS, "the caller is heard")
        pulse.kill()
        await desk.until(lambda: desk.view.problems, "the lost sound is told")
        assert desk.call is not None
        assert desk.call.phase is Phase.CONNECTED
        pulse.start()
        await desk.until(lambda: not desk.view.problems, "the sound is back")
        with pulse.playing(OUR_TONE_HZ), pulse.listening("ear") as ear:
            await eventually(lambda: ear.tone_dbfs(TONE_HZ) > LOUD_DBFS, "heard again")
            await caller.listens_for(1.5)
        assert desk.call is not None
        await caller.hangs_up()
        await desk.no_call()
        assert caller.heard().loudest_dbfs(OUR_TONE_HZ) > LOUD_DBFS


@pytest.mark.needs("pulseaudio")
async def test_a_headset_pulled_in_a_call_taken_on_it_gives_way_and_has_its_sound_back(
    pulse: PulseServer, config: Config, short_dir: Path, free_port_base: int
) -> None:
    plugged = pulse.plug("headset", "1-1")  # where the virtual one is, too
    async with desk_with(sounding(config)) as desk, a_caller(short_dir, free_port_base + 50) as one:
        await desk.takes_calls()
        await one.calls(f"sip:{NUMBER}@{desk.engine.address}")
        await desk.shows("ring")
        desk.press("hook")
        await desk.call_is(Phase.CONNECTED)
        with pulse.listening("headset") as headset:
            await eventually(lambda: headset.tone_dbfs(TONE_HZ) > LOUD_DBFS, "heard in the headset")
        pulse.unplug(plugged)
        desk.usb.unplug(desk.headset)
        with pulse.listening("ear") as ear:
            await eventually(lambda: ear.tone_dbfs(TONE_HZ) > LOUD_DBFS, "heard as configured")
        pulse.plug("headset", "1-1")
        desk.usb.plug(desk.headset)
        with pulse.listening("headset") as headset:
            await eventually(lambda: headset.tone_dbfs(TONE_HZ) > LOUD_DBFS, "heard there again")
        assert desk.call is not None
        assert desk.call.phase is Phase.CONNECTED
        await one.hangs_up()
        await desk.no_call()
        with Reader("--unix", desk.daemon.bus.settings.socket) as reader:
            await reader.until(lambda: reader.state("sound").get("backend") == "pulse", "figures")
        await one.calls(f"sip:{NUMBER}@{desk.engine.address}")
        await desk.shows("ring")
        await desk.types(Verb.ANSWER)
        with pulse.listening("ear") as ear:
            await eventually(lambda: ear.tone_dbfs(TONE_HZ) > LOUD_DBFS, "answered elsewhere")


async def replayed(reader: Reader, since: int) -> set[int]:
    """The numbers of the events that a reader is given when it asks for what it missed."""
    reader.says("replay", window=reader.window, args={"since": since})
    await reader.until(lambda: reader.events("reply/test"), "the reply")
    result = reader.events("reply/test")[-1]["result"]
    assert isinstance(result, dict)
    return {int(event["seq"]) for event in result["events"]}
