"""A bridge without headset and lines controls the one that has them: two daemons, one broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.config.meetings import served
from bridge.config.settings import Config, HeadsetSettings
from bridge.model.bus import MqttSettings, Numbers
from bridge.model.calls import Phase
from bridge.model.engine import AccountSettings, EngineSettings
from bridge.model.ids import AccountId
from bridge.model.intents import Verb
from bridge.model.remote import AUTO, RemoteSettings
from tests.integration.phones import Baresip, baresip_at
from tests.integration.running import LINE, Desk, account_at, config_for, desk_with
from tests.pbx.instance import Broker, Pbx

pytestmark = [
    pytest.mark.sip,
    pytest.mark.needs("mosquitto", "baresip"),
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

    async def phases_are(self, phases: dict[str, Phase]) -> None:
        """Wait until these calls, and no others, are so on both sides."""
        for side in (self.desk, self.terminal):

            def now(side: Desk = side) -> dict[str, Phase]:
                return {call.remote.number: call.phase for call in side.view.calls}

            await side.until(lambda now=now: now() == phases, f"{phases}")  # type: ignore[misc]

    async def terminal_dials(self, phone: Baresip, port: int) -> None:
        """The terminal calls a telephone, which takes the call."""
        answer = asyncio.create_task(self.terminal.types(Verb.DIAL, f"sip:202@127.0.0.1:{port}"))
        await phone.until("CALL_INCOMING")
        await phone.orders("accept")
        assert (await answer)["outcome"] in {"accepted", "done"}

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


def at_desk(directory: Path, account: AccountSettings, broker: Broker, rtp_first: int) -> Config:
    mqtt = MqttSettings(
        bridge="desk",
        host=broker.host,
        port=broker.port,
        numbers=Numbers.FULL,
        allow_dial=True,
        serves=served((account,)),
    )
    return replace(config_for(directory / "desk", account, rtp_first), mqtt=mqtt)


def at_terminal(directory: Path, account: AccountSettings, broker: Broker) -> Config:
    (address,) = served((account,))
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


@asynccontextmanager
async def office_with(
    directory: Path, account: AccountSettings, broker: Broker, rtp_first: int
) -> AsyncIterator[Office]:
    terminal = terminal_with(at_terminal(directory, account, broker))
    async with (
        desk_with(at_desk(directory, account, broker, rtp_first)) as desk,
        terminal as controls,
    ):
        made = Office(desk, controls)
        await made.is_controlled()
        yield made


@pytest.fixture
async def office(mosquitto: Broker, short_dir: Path, free_port_base: int) -> AsyncIterator[Office]:
    """Without a PBX: whoever calls knows where the desk is."""
    account = AccountSettings(LINE, str(US), domain="office.example")
    async with office_with(short_dir, account, mosquitto, free_port_base + 100) as made:
        await made.desk.takes_calls()
        yield made


@pytest.fixture
async def caller(short_dir: Path, free_port_base: int) -> AsyncIterator[Baresip]:
    """A telephone of another maker."""
    port = free_port_base + 10
    async with baresip_at(short_dir / "caller", port, f"sip:202@127.0.0.1:{port}") as phone:
        yield phone


async def test_every_action_there_is_done_here_and_every_state_is_on_both_sides(
    office: Office, caller: Baresip, free_port_base: int
) -> None:
    desk, terminal = office.desk, office.terminal
    await caller.calls(f"sip:{US}@{desk.engine.address}")
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
    await office.terminal_dials(caller, free_port_base + 10)
    await office.both_are(Phase.CONNECTED)
    await desk.presses_later("hook")
    await office.no_calls()
    await terminal.types(Verb.DND_ON)
    await desk.until(lambda: desk.view.do_not_disturb, "do not disturb at the desk")
    assert desk.daemon.controllers.text == "controlled from ts-1"


async def test_a_lost_link_is_shown_the_call_goes_on_and_is_shown_again(
    office: Office, caller: Baresip, mosquitto: Broker, free_port_base: int
) -> None:
    terminal = office.terminal
    await office.terminal_dials(caller, free_port_base + 10)
    await office.both_are(Phase.CONNECTED)
    mosquitto.kill()
    await terminal.no_call()
    await terminal.until(lambda: not terminal.view.engine_up, "the loss is shown")
    assert terminal.view.problems
    answer = await terminal.types(Verb.HANGUP)
    assert answer["outcome"] == "conflict", answer
    mosquitto.start()
    await office.both_are(Phase.CONNECTED)
    await terminal.types(Verb.HANGUP)
    await office.no_calls()


@pytest.mark.soak
@pytest.mark.needs("kamailio", "openssl")
async def test_two_calls_are_swapped_mixed_and_sent_on_from_afar(
    pbx: Pbx, mosquitto: Broker, short_dir: Path, free_port_base: int
) -> None:
    phone = baresip_at(short_dir / "caller", free_port_base + 10, pbx.uri(202), pbx.password(202))
    made = office_with(short_dir, account_at(pbx, US), mosquitto, free_port_base + 100)
    async with made as office, phone as caller:
        desk, terminal = office.desk, office.terminal
        await desk.is_registered()
        await terminal.is_registered()
        await caller.calls(pbx.uri(US))
        await office.both_are(Phase.RINGING)
        await terminal.types(Verb.ANSWER)
        await office.both_are(Phase.CONNECTED)
        await terminal.types(Verb.DIAL, "790")
        await office.phases_are({"202": Phase.HELD, "790": Phase.CONNECTED})
        await terminal.types(Verb.SWAP)
        await office.phases_are({"202": Phase.CONNECTED, "790": Phase.HELD})
        await terminal.types(Verb.CONFERENCE)
        await office.phases_are({"202": Phase.CONNECTED, "790": Phase.CONNECTED})
        await desk.until(lambda: all(c.conference for c in desk.view.calls), "mixed at the desk")
        await terminal.until(
            lambda: all(c.conference for c in terminal.view.calls), "mixed at the terminal"
        )
        await terminal.types(Verb.HANGUP)
        await office.no_calls()
        await caller.until("CALL_CLOSED")
        await caller.calls(pbx.uri(US))
        await office.both_are(Phase.RINGING)
        await terminal.types(Verb.REJECT)
        await office.no_calls()
        await desk.types(Verb.DIAL, "790")
        await office.both_are(Phase.CONNECTED)
        await desk.types(Verb.HOLD)
        await office.both_are(Phase.HELD)
        await desk.types(Verb.DIAL, "792")
        await office.phases_are({"790": Phase.HELD, "792": Phase.CONNECTED})
        await desk.types(Verb.CONFERENCE)
        await office.phases_are({"790": Phase.CONNECTED, "792": Phase.CONNECTED})
        await terminal.until(
            lambda: all(c.conference for c in terminal.view.calls), "mixed, as at the desk"
        )
        await desk.types(Verb.HANGUP)
        await office.no_calls()
        await caller.calls(pbx.uri(US))
        await office.both_are(Phase.RINGING)
        await terminal.types(Verb.ANSWER)
        await office.both_are(Phase.CONNECTED)
        answer = await terminal.types(Verb.TRANSFER, "790")
        assert answer["outcome"] in {"accepted", "done"}, answer
        await office.no_calls()
        assert not terminal.view.problems, terminal.view.problems
        assert not desk.view.problems, desk.view.problems
