"""The bridge that is controlled, scripted message by message on the virtual broker."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from bridge.drivers.remote import RemoteEngine
from bridge.drivers.virtual.mqtt import Published, VirtualBus
from bridge.model.bus import MqttSettings
from bridge.model.calls import Cause, EndedBy, Party
from bridge.model.effects import (
    AnswerCall,
    EndCall,
    EngineOrder,
    HoldCall,
    PlaceCall,
    RejectCall,
    SendDtmf,
)
from bridge.model.events import (
    CallArrived,
    CallConnected,
    CallDialed,
    CallEnded,
    EngineLost,
    EngineReady,
    Event,
    HoldChanged,
    OrderFailed,
    RegistrationChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.remote import AUTO, RemoteSettings
from bridge.protocols.remote_bridge import FarCalls

BASE = "offhook/1/desk"
EPOCH, OTHER = "a" * 16, "b" * 16
FAR, NEAR = CallId("f" * 20), CallId("n" * 20)
COMMANDS = ["answer", "reject", "hangup", "hold", "dial", "dtmf", "remote_on", "remote_off"]

Json = dict[str, object]


def one(state: str, direction: str = "in", call: str = FAR) -> Json:
    return {"call": call, "state": state, "dir": direction, "peer": "202", "codec": ""}


@dataclass
class Far:
    """The bridge with the headset, as its messages show it; and what is heard of it here."""

    settings: RemoteSettings = field(default_factory=lambda: RemoteSettings("desk"))
    events: list[Event] = field(default_factory=list)
    switches: list[bool] = field(default_factory=list)
    commands: list[tuple[str, Json]] = field(default_factory=list)
    reacts: dict[type[Event], EngineOrder] = field(default_factory=dict)
    rev: int = 0

    def __post_init__(self) -> None:
        self.bus = VirtualBus(
            MqttSettings(bridge="ts-1"),
            lambda _message: None,
            now=time.monotonic,
            wall_ms=lambda: 0,
            epoch=OTHER,
        )
        self.bus.read(self._sent)
        self.engine = RemoteEngine(
            self.settings,
            self.bus,
            "offhook",
            "ts-1",
            self._heard,
            time.monotonic,
            lambda now, _before: self.switches.append(now.muted),
        )

    def _heard(self, event: Event) -> None:
        self.events.append(event)
        if (order := self.reacts.get(type(event))) is not None:
            self.engine.order(order)

    def _sent(self, message: Published) -> None:
        if "/cmd/" in message.topic:
            body = cast("Json", json.loads(message.payload))
            self.commands.append((message.topic.rpartition("/")[2], body))

    def says(self, topic: str, **members: object) -> None:
        body = {"v": 1, "epoch": EPOCH, **members}
        kept = not topic.startswith(("reply/", "event/"))
        self.bus.say(f"{BASE}/{topic}", json.dumps(body).encode(), retained=kept)

    def shows(self, *calls: Json, epoch: str = EPOCH, muted: bool = False) -> None:
        self.rev += 1
        switches = {"muted": muted, "do_not_disturb": False, "call_waiting": True}
        self.says("calls", rev=self.rev, calls=list(calls), epoch=epoch, **switches)

    def comes_up(self, *calls: Json, serves: tuple[str, ...] = ()) -> None:
        window: Json = {"window": ["w1"], "commands": COMMANDS, "serves": list(serves)}
        self.says("info", rev=1, **window)
        self.shows(*calls)
        self.says("line/office", rev=1, registration="registered", sip=200, reason="OK")
        self.says("availability", state="online")

    def replies(self, status: str, call: str | None = None, detail: str = "") -> None:
        """Reply to the last command."""
        result = {} if call is None else {"result": {"call": call}}
        name = self.commands[-1][1]["id"]
        self.says("reply/ts-1", id=name, status=status, detail=detail, **result)

    @property
    def told(self) -> list[str]:
        """The commands but those that only say from where it is controlled."""
        return [name for name, _ in self.commands if not name.startswith("remote_")]

    def kinds(self) -> list[type[Event]]:
        return [type(event) for event in self.events]


@pytest.fixture
async def far() -> AsyncIterator[Far]:
    made = Far()
    async with made.engine:
        made.comes_up()
        yield made


async def test_it_is_up_once_everything_of_one_run_was_heard() -> None:
    far = Far()
    async with far.engine:
        assert far.kinds()[-1] is EngineLost
        far.shows(one("ringing"), epoch=OTHER)
        far.says("availability", state="online")
        assert EngineReady not in far.kinds()
        far.comes_up(one("ringing"))
        assert [kind for kind in far.kinds() if kind is not EngineLost] == [
            EngineReady,
            CallArrived,
            RegistrationChanged,
        ]
    assert [name for name, _ in far.commands] == ["remote_on", "remote_off"]


async def test_it_is_found_by_the_account_it_serves() -> None:
    far = Far(RemoteSettings(AUTO, AccountId("line-1"), "0123456789abcdef"))
    async with far.engine:
        far.comes_up(serves=("fedcba9876543210",))
        await asyncio.sleep(0)
        assert "no bridge" in far.engine.text
        far.comes_up(serves=("0123456789abcdef",))
        await asyncio.sleep(0)
        assert far.engine.text == "controls desk, which has the headset and the lines"


async def test_a_call_is_answered_with_the_state_it_was_seen_in(far: Far) -> None:
    far.shows(one("ringing"))
    far.engine.order(AnswerCall(FAR))
    name, body = far.commands[-1]
    assert (name, body["call"], body["expect"], body["epoch"]) == ("answer", FAR, "ringing", EPOCH)
    far.shows(one("connected"))
    far.shows(one("held"))
    assert far.kinds()[-3:] == [CallArrived, CallConnected, HoldChanged]


@pytest.mark.parametrize(
    "order", [RejectCall(FAR, 486), EndCall(FAR), HoldCall(FAR), AnswerCall(FAR)]
)
async def test_what_our_core_does_by_itself_is_not_sent(far: Far, order: EngineOrder) -> None:
    far.reacts = {CallArrived: order, CallConnected: order}
    far.shows(one("ringing"))
    far.shows(one("connected"))
    assert far.told == []


async def test_a_call_dialled_here_keeps_our_id_and_what_comes_too_early_waits(far: Far) -> None:
    far.engine.order(PlaceCall(NEAR, AccountId("remote"), "202"))
    far.engine.order(SendDtmf(NEAR, "1"))
    far.shows(one("dialing", "out"))
    assert CallDialed not in far.kinds()
    far.replies("accepted", FAR)
    assert far.told == ["dial", "dtmf"]
    assert far.commands[-1][1]["call"] == FAR
    far.shows(one("connected", "out"))
    assert far.events[-1] == CallConnected(far.events[-1].at_s, NEAR)


async def test_a_refused_call_says_why_and_ends(far: Far) -> None:
    far.engine.order(PlaceCall(NEAR, AccountId("remote"), "0900123"))
    far.replies("denied", detail="premium-rate numbers are barred")
    failed, ended = far.events[-2:]
    assert isinstance(failed, OrderFailed)
    assert failed.reason == "premium-rate numbers are barred"
    assert isinstance(ended, CallEnded)


async def test_the_reason_of_an_end_is_told_in_either_order(far: Far) -> None:
    cause = {"by": "local", "sip": 0, "reason": "hung up"}
    far.shows(one("connected"))
    far.shows()
    far.says("event/call", seq=1, call=FAR, to="ended", cause=cause)
    far.shows(one("connected", call="e" * 20))
    far.says("event/call", seq=2, call="e" * 20, to="ended", cause=cause)
    far.shows()
    ends = [event for event in far.events if isinstance(event, CallEnded)]
    assert [end.cause for end in ends] == [Cause(EndedBy.LOCAL, 0, "hung up")] * 2


async def test_when_it_goes_everything_ends_and_orders_fail_for_good(far: Far) -> None:
    far.shows(one("connected"))
    far.says("availability", state="offline")
    far.engine.order(EndCall(FAR))
    await asyncio.sleep(0)
    assert far.kinds()[-2:] == [EngineLost, OrderFailed]
    far.says("availability", state="online")
    assert far.told == []
    assert far.kinds()[-2] is CallConnected  # shown anew


async def test_a_restarted_bridge_is_another_one(far: Far) -> None:
    far.shows(one("connected"))
    far.says("availability", state="online", epoch=OTHER)
    assert "was started again" in far.engine.text


async def test_late_pictures_and_nonsense_change_nothing(far: Far) -> None:
    far.shows(one("ringing"))
    before = len(far.events)
    far.says("calls", rev=1, calls=[], muted=False, do_not_disturb=False, call_waiting=True)
    for payload in (b"", b"[]", b'{"v":1,"calls":[{}]}', b"\xff"):
        far.bus.say(f"{BASE}/calls", payload, retained=True)
    assert len(far.events) == before


async def test_parties_and_switches_are_shown(far: Far) -> None:
    far.shows(one("ringing"), muted=True)
    arrived = next(event for event in far.events if isinstance(event, CallArrived))
    assert arrived.remote == Party("202")
    assert far.switches == [False, True]
    assert isinstance(far.engine.far.calls, FarCalls)
