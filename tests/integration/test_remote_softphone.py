"""A bridge without headset and lines controls the one that has them: two daemons, one broker."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.config.meetings import served
from bridge.config.settings import Config, HeadsetSettings
from bridge.model.bus import MqttSettings, Numbers
from bridge.model.calls import Phase
from bridge.model.engine import EngineSettings
from bridge.model.ids import AccountId
from bridge.model.intents import Verb
from bridge.model.remote import AUTO, RemoteSettings
from tests.integration.phones import baresip_at
from tests.integration.running import Desk, account_at, config_for, desk_with
from tests.pbx.instance import Broker, Pbx

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("kamailio", "mosquitto", "openssl", "baresip"),
]

US = 201


@dataclass
class Office:
    """The desk with the headset, and the terminal server that controls it."""

    desk: Desk
    terminal: Desk

    async def both_are(self, phase: Phase) -> None:
        """Wait until the one call is in a phase on both sides."""
        await self.desk.call_is(phase)
        await self.terminal.call_is(phase)

    async def no_calls(self) -> None:
        await self.desk.no_call()
        await self.terminal.no_call()

    async def both_are_muted(self, *, muted: bool) -> None:
        await self.desk.until(lambda: self.desk.view.muted is muted, f"desk muted: {muted}")
        await self.terminal.until(
            lambda: self.terminal.view.muted is muted, f"terminal muted: {muted}"
        )

    async def is_controlled(self) -> None:
        await self.terminal.until(lambda: self.terminal.view.engine_up, "it controls the desk")


def at_desk(directory: Path, pbx: Pbx, broker: Broker, rtp_first: int) -> Config:
    config = config_for(directory / "desk", account_at(pbx, US), rtp_first)
    return replace(
        config,
        mqtt=MqttSettings(
            bridge="desk",
            host=broker.host,
            port=broker.port,
            numbers=Numbers.FULL,
            allow_dial=True,
            serves=served(config.accounts),
        ),
    )


def at_terminal(directory: Path, pbx: Pbx, broker: Broker) -> Config:
    (address,) = served((account_at(pbx, US),))
    return Config(
        bridge="ts-1",
        accounts=(),
        engine=EngineSettings(),
        mqtt=MqttSettings(bridge="ts-1", host=broker.host, port=broker.port),
        headset=HeadsetSettings(),
        state_dir=directory / "ts" / "state",
        control_socket=directory / "ts" / "run" / "control.sock",
        remote=RemoteSettings(AUTO, AccountId("desk"), address),
    )


@asynccontextmanager
async def terminal_with(config: Config) -> AsyncIterator[Desk]:
    """A daemon on a machine without headsets."""
    terminal = Desk(config)
    async with terminal.daemon:
        terminal.daemon.trace.add(terminal.trace.append)
        yield terminal


@pytest.fixture
async def office(
    pbx: Pbx, mosquitto: Broker, short_dir: Path, free_port_base: int
) -> AsyncIterator[Office]:
    config = at_desk(short_dir, pbx, mosquitto, free_port_base + 100)
    terminal = terminal_with(at_terminal(short_dir, pbx, mosquitto))
    async with desk_with(config) as desk, terminal as controls:
        made = Office(desk, controls)
        await desk.is_registered()
        await made.is_controlled()
        yield made


async def test_every_action_there_is_done_here_and_every_state_is_on_both_sides(
    office: Office, pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    desk, terminal = office.desk, office.terminal
    phone = baresip_at(short_dir / "caller", free_port_base + 10, pbx.uri(202), pbx.password(202))
    async with phone as caller:
        await terminal.is_registered()
        assert desk.daemon.controllers.text == "controlled from ts-1"
        await caller.calls(pbx.uri(US))
        await office.both_are(Phase.RINGING)
        assert terminal.call is not None
        assert terminal.call.remote.number == "202"
        await terminal.types(Verb.ANSWER)
        await office.both_are(Phase.CONNECTED)
        await desk.shows("off_hook")
        await caller.until("CALL_ESTABLISHED")
        await terminal.types(Verb.MUTE)
        await office.both_are_muted(muted=True)
        await desk.presses_later("mute")
        await office.both_are_muted(muted=False)
        await terminal.types(Verb.HOLD)
        await office.both_are(Phase.HELD)
        await terminal.types(Verb.RESUME)
        await office.both_are(Phase.CONNECTED)
        await terminal.types(Verb.DTMF, "5")
        await caller.hears_digits("5")
        await terminal.types(Verb.HANGUP)
        await office.no_calls()
        await caller.until("CALL_CLOSED")
    answer = await terminal.types(Verb.DIAL, "790")
    assert answer["outcome"] in {"accepted", "done"}, answer
    await office.both_are(Phase.CONNECTED)
    await desk.presses_later("hook")
    await office.no_calls()
    await terminal.types(Verb.DND_ON)
    await desk.until(lambda: desk.view.do_not_disturb, "do not disturb at the desk")


async def test_a_lost_link_is_shown_the_call_goes_on_and_is_shown_again(
    office: Office, mosquitto: Broker
) -> None:
    desk, terminal = office.desk, office.terminal
    await desk.types(Verb.DIAL, "790")
    await office.both_are(Phase.CONNECTED)
    mosquitto.kill()
    await terminal.no_call()
    await terminal.until(lambda: not terminal.view.engine_up, "the loss is shown")
    assert terminal.view.problems
    answer = await terminal.types(Verb.HANGUP)
    assert answer["outcome"] == "conflict", answer
    mosquitto.start()
    await office.both_are(Phase.CONNECTED)
    assert desk.call is not None
    await terminal.types(Verb.HANGUP)
    await office.no_calls()
