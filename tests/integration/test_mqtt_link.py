"""The MQTT link against a real Mosquitto: what readers see, and what they see when things break."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt
import pytest

from bridge.drivers.mqtt import session
from bridge.drivers.mqtt.link import MqttLink
from bridge.model.bus import MqttSettings, MqttVersion
from bridge.model.calls import Phase, Snapshot
from bridge.model.effects import AnnounceCall, AnnounceDigit, AnnounceKey, Tell
from bridge.model.hid import Control
from tests.mqtt.reader import Reader
from tests.mqtt.station import Station
from tests.mqtt.waiting import eventually
from tests.mqtt.words import BASE, CALL, HEADSET, headset, ringing
from tests.pbx.instance import Broker

pytestmark = pytest.mark.needs("mosquitto", "mosquitto-clients")

HOST = "127.0.0.1"


def at(broker: Broker, **changes: object) -> MqttSettings:
    return MqttSettings(host=HOST, port=broker.port, **changes)  # type: ignore[arg-type]


def where(broker: Broker, **more: object) -> dict[str, object]:
    return {"hostname": HOST, "port": broker.port, **more}


def stored(broker: Broker, count: int) -> dict[str, str]:
    """What an independent client that subscribes now is given; waits where it is less."""
    command = ["mosquitto_sub", "-h", HOST, "-p", str(broker.port), "-t", "offhook/#", "-v"]
    out = subprocess.run(
        [*command, "--retained-only", "-W", "1", "-C", str(count)],
        capture_output=True,
        text=True,
        check=False,
    )
    return dict(line.split(" ", 1) for line in out.stdout.splitlines())


# -- what readers see ---------------------------------------------------------


@pytest.mark.parametrize("version", [MqttVersion.V5, MqttVersion.V311])
async def test_a_late_reader_finds_every_state_and_nothing_else(
    mosquitto: Broker, version: MqttVersion
) -> None:
    async with Station(at(mosquitto, version=version)) as station:
        await eventually(lambda: station.link.status.up)
        station.publisher.announce(AnnounceKey(HEADSET, Control.HOOK, True, "", "answer"))
        shown = stored(mosquitto, 7)  # one more than there may be
    prefix = f"{BASE}/"
    assert {topic.removeprefix(prefix) for topic in shown} == {
        "availability",
        "info",
        "devices",
        "calls",
        "line/office",
        f"device/{HEADSET}/state",
    }
    assert json.loads(shown[f"{BASE}/availability"])["health"] == "ok"


async def test_everything_that_is_published_is_in_the_contract(mosquitto: Broker) -> None:
    async with Reader(where(mosquitto)) as reader, Station(at(mosquitto)) as station:
        station.publisher.announce(AnnounceCall(CALL, None, Phase.RINGING))
        station.publisher.announce(AnnounceDigit(CALL, "5"))
        station.publisher.announce(AnnounceKey(HEADSET, Control.MUTE, True, "", "mute"))
        station.publisher.tell(Tell("sound", "no sound card: calls are silent"))
        station.publisher.show(Snapshot(engine_up=True))
        station.publisher.tell(Tell("sound", ""))
        await eventually(lambda: len(reader.events()) == 3)
        await eventually(lambda: reader.latest.get(f"{BASE}/alert/sound") == b"")
        await reader.say("shutdown", b"{}")
        await eventually(reader.replies)
    assert reader.invalid == []
    unplugged = json.loads(reader.latest[f"{BASE}/device/{HEADSET}/state"])
    assert not unplugged["connected"]


async def test_online_is_said_after_everything_else(mosquitto: Broker) -> None:
    async with Reader(where(mosquitto)) as reader, Station(at(mosquitto)):
        await eventually(lambda: reader.state == "online")
        topics = [str(message.topic) for message in reader.messages]
    assert topics.index(f"{BASE}/availability") == len(topics) - 1


async def test_a_clean_stop_says_offline(mosquitto: Broker) -> None:
    async with Station(at(mosquitto)) as station:
        await eventually(lambda: station.link.status.up)
    assert json.loads(stored(mosquitto, 6)[f"{BASE}/availability"])["state"] == "offline"


async def test_what_was_said_just_before_the_stop_arrives(mosquitto: Broker) -> None:
    async with Reader(where(mosquitto)) as reader:
        async with Station(at(mosquitto)) as station:
            await eventually(lambda: station.link.status.up)
            for _ in range(60):  # more than the window
                station.link.event(f"{BASE}/event/call", {"call": CALL}, 30.0)
        await eventually(lambda: reader.seen == set(range(1, 61)))


async def test_what_an_earlier_run_left_behind_is_cleared(mosquitto: Broker) -> None:
    gone = f"{BASE}/device/0b0e-0300-gone/state"
    async with Reader(where(mosquitto)) as reader:
        async with Station(at(mosquitto)) as first:
            first.publisher.show(Snapshot(devices=(headset(), headset(device="0b0e-0300-gone"))))
            await eventually(lambda: reader.latest.get(gone) and reader.state == "online")
        async with Station(at(mosquitto)):
            await eventually(lambda: reader.latest[gone] == b"")
        shown = stored(mosquitto, 6)
    assert gone not in shown
    assert f"{BASE}/device/{HEADSET}/state" in shown


# -- what breaks --------------------------------------------------------------

DAEMON = """
import asyncio, sys
from bridge.drivers.mqtt import options
from bridge.drivers.mqtt import session
from bridge.drivers.mqtt.link import MqttLink
from bridge.model.bus import MqttSettings

options.WILL_DELAY_S = 1

async def main():
    settings = MqttSettings(host="127.0.0.1", port=int(sys.argv[1]))
    async with MqttLink(settings, lambda _: None) as link:
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def other_process(mosquitto: Broker) -> Iterator[subprocess.Popen[bytes]]:
    """A bridge in a process of its own, which may die without a word."""
    process = subprocess.Popen([sys.executable, "-c", DAEMON, str(mosquitto.port)])
    yield process
    process.kill()
    process.wait()


async def test_the_last_will_says_offline_when_the_daemon_is_killed(
    mosquitto: Broker, other_process: subprocess.Popen[bytes]
) -> None:
    async with Reader(where(mosquitto)) as reader:
        await eventually(lambda: reader.state == "online")
        other_process.kill()
        took_s = await eventually(lambda: reader.state == "offline")
    assert took_s > 0.5  # delayed, so that a blip is none
    assert json.loads(stored(mosquitto, 1)[f"{BASE}/availability"]) == {"v": 1, "state": "offline"}


async def test_a_daemon_that_comes_back_soon_was_never_offline(
    mosquitto: Broker, other_process: subprocess.Popen[bytes]
) -> None:
    async with Reader(where(mosquitto)) as reader:
        await eventually(lambda: reader.state == "online")
        first = reader.epoch
        other_process.kill()
        async with Station(at(mosquitto)) as station:
            await eventually(lambda: reader.epoch == station.link.epoch != first)
            states = {
                json.loads(m.payload)["state"]
                for m in reader.messages
                if str(m.topic).endswith("availability")
            }
    assert states == {"online"}


async def test_a_will_that_comes_late_is_corrected(mosquitto: Broker) -> None:
    async with Reader(where(mosquitto)) as reader, Station(at(mosquitto)):
        await eventually(lambda: reader.state == "online")
        async with aiomqtt.Client(HOST, mosquitto.port) as somebody:
            payload = b'{"v":1,"state":"offline"}'
            await somebody.publish(f"{BASE}/availability", payload, 1, retain=True)
        await eventually(lambda: reader.state == "online" and len(_said(reader)) == 3)
        assert [entry["state"] for entry in _said(reader)] == ["online", "offline", "online"]


def _said(reader: Reader) -> list[dict[str, object]]:
    return [
        json.loads(m.payload) for m in reader.messages if str(m.topic) == f"{BASE}/availability"
    ]


async def test_a_broker_killed_under_traffic_loses_nothing(mosquitto: Broker) -> None:
    downtimes = []
    async with Reader(where(mosquitto)) as reader, Station(at(mosquitto)) as station:
        await eventually(lambda: reader.state == "online" and reader.window)
        for _ in range(4):
            await _traffic(station, 20)
            mosquitto.kill()
            await _traffic(station, 20)
            mosquitto.start()
            await _traffic(station, 20)
            downtimes.append(await eventually(lambda: station.link.status.up))
        await eventually(reader.connected.is_set)
        last = station.link.event(
            f"{BASE}/event/call", {"call": CALL, "from": None, "to": "ended"}, 30
        )
        await eventually(lambda: reader.seen == set(range(1, last + 1)), "every event seen")
        await eventually(lambda: _states_are_right(reader, station))
    assert last == 241
    assert reader.invalid == []
    assert max(downtimes) < 2.5


async def _traffic(station: Station, count: int) -> None:
    """Some events and state changes, a loop turn apart."""
    for number in range(count):
        body = {"call": CALL, "from": "ringing", "to": "connected"}
        station.link.event(f"{BASE}/event/call", body, 30.0)
        view = headset(errors=number, ring=bool(number % 2))
        station.snapshot = Snapshot(calls=ringing().calls, devices=(view,), engine_up=True)
        station.publisher.show(station.snapshot)
        await _turn()


async def _turn() -> None:
    """Let the loop breathe as between two real key presses."""
    deadline = time.monotonic() + 0.002
    await eventually(lambda: time.monotonic() > deadline)


def _states_are_right(reader: Reader, station: Station) -> bool:
    shown = json.loads(reader.latest[f"{BASE}/device/{HEADSET}/state"])
    (truth,) = station.snapshot.devices
    return bool(shown["errors"] == truth.errors and shown["lamps"]["ring"] == truth.ring)


async def test_a_frozen_broker_is_noticed_and_left(
    mosquitto: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "ACK_TIMEOUT_S", 1.0)
    async with Station(at(mosquitto)) as station:
        await eventually(lambda: station.link.status.up)
        mosquitto.freeze()
        station.link.event(f"{BASE}/event/call", {"call": CALL}, 30.0)
        took_s = await eventually(lambda: not station.link.status.up)
        mosquitto.thaw()
        await eventually(lambda: station.link.status.up)
    assert took_s < 3.5
    assert "acknowledged nothing" in next(s.text for s in station.statuses if not s.up)


async def test_a_silent_broker_is_noticed_without_traffic(mosquitto: Broker) -> None:
    async with Station(at(mosquitto, keepalive_s=1)) as station:
        await eventually(lambda: station.link.status.up)
        mosquitto.freeze()
        took_s = await eventually(lambda: not station.link.status.up)
        mosquitto.thaw()
    assert took_s < 5.0
    assert "silent" in station.statuses[-1].text


async def test_a_broker_that_comes_later_is_found(mosquitto: Broker) -> None:
    mosquitto.stop()
    async with Station(at(mosquitto)) as station:
        await eventually(lambda: "is not there" in station.link.status.text)
        station.publisher.announce(AnnounceCall(CALL, None, Phase.RINGING))
        mosquitto.start()
        took_s = await eventually(lambda: station.link.status.up)
        assert f"{BASE}/calls" in stored(mosquitto, 6)
    assert took_s < 3.0


async def test_down_and_up_are_logged_once_each(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "bridge")
    async with Station(at(mosquitto)) as station:
        await eventually(lambda: station.link.status.up)
        mosquitto.kill()
        await eventually(lambda: "is not there" in station.link.status.text)
        await eventually(lambda: len(station.statuses) >= 3)
        mosquitto.start()
        await eventually(lambda: station.link.status.up)
    lines = [record.message for record in caplog.records if "mqtt" in record.name]
    assert [line.split()[1] for line in lines] == ["connected", "the", "connected"]


async def test_our_own_end_is_not_told_as_the_brokers(
    mosquitto: Broker, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(10):  # goodbye and the broker's answer race
        async with Station(at(mosquitto)) as station:
            await eventually(lambda s=station: s.link.status.up)  # type: ignore[misc]
    assert not [record.message for record in caplog.records if "mqtt" in record.name]


async def test_a_twin_under_the_same_id_is_told(mosquitto: Broker) -> None:
    async with Reader(where(mosquitto)) as reader, Station(at(mosquitto)) as station:
        await eventually(lambda: station.link.status.up)
        async with Station(at(mosquitto, client_id="other")):
            await eventually(lambda: "another bridge writes to" in reader.reasons)


async def test_two_bridges_that_push_each_other_out_say_why_and_do_not_storm(
    mosquitto: Broker,
) -> None:
    async with (
        Reader(where(mosquitto)) as reader,
        Station(at(mosquitto)) as one,
        Station(at(mosquitto)) as other,
    ):
        await eventually(lambda: "give every bridge an id" in reader.reasons)
        await eventually(lambda: one.link.counts["connections"] >= 3)
        began_s = time.monotonic()
        before = _connections(one, other)
        await eventually(lambda: _connections(one, other) >= before + 4)
    assert time.monotonic() - began_s > 0.5


def _connections(*stations: Station) -> int:
    return sum(station.link.counts["connections"] for station in stations)


async def test_what_the_broker_announces_too_large_ends_only_the_connection(
    mosquitto: Broker,
) -> None:
    """On MQTT 3.1.1 nothing keeps a broker from sending more than we can want."""
    async with Station(at(mosquitto, version=MqttVersion.V311)) as station:
        await eventually(lambda: station.link.status.up)
        async with aiomqtt.Client(HOST, mosquitto.port) as somebody:
            await somebody.publish(f"{BASE}/cmd/answer", b"x" * 200_000, 1)
            await somebody.publish(f"{BASE}/cmd/answer", b"x", 1)
        await eventually(lambda: station.link.status.up and (station.incoming or _again(station)))
    assert [len(message.payload) for message in station.incoming] in ([], [1])


def _again(station: Station) -> bool:
    return station.link.counts["connections"] == 2


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_descriptor_is_left_behind_by_many_connections(mosquitto: Broker) -> None:
    async with Station(at(mosquitto)) as station:
        await eventually(lambda: station.link.status.up)
        before = _descriptors()
        for number in range(5):
            mosquitto.kill()
            mosquitto.start()
            await eventually(lambda n=number: station.link.counts["connections"] == n + 2)  # type: ignore[misc]
        assert _descriptors() == before


def test_a_link_needs_a_broker() -> None:
    with pytest.raises(Exception, match="needs a host or a socket"):
        MqttLink(MqttSettings(), lambda _: None)
