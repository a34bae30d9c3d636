"""An "answer" of yesterday never answers today's call; one said twice answers once.

The forms are those by which brokers and senders keep commands; each on MQTT 5 and on 3.1.1. The
sender is a plain client; the bridge is everything but the telephone.
"""

import contextlib
import json
import random
import time
from collections.abc import AsyncIterator

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from bridge.model.bus import MqttSettings, MqttVersion
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Verb
from tests.mqtt.reader import Reader
from tests.mqtt.station import Station
from tests.mqtt.waiting import eventually
from tests.mqtt.words import BASE, CALL, dial
from tests.pbx.instance import Broker

pytestmark = pytest.mark.needs("mosquitto")

HOST = "127.0.0.1"
TOPIC = f"{BASE}/cmd/answer"
PROTOCOLS = {
    MqttVersion.V5: aiomqtt.ProtocolVersion.V5,
    MqttVersion.V311: aiomqtt.ProtocolVersion.V311,
}


@pytest.fixture(params=[MqttVersion.V5, MqttVersion.V311], ids=["mqtt5", "mqtt311"])
def version(request: pytest.FixtureRequest) -> MqttVersion:
    chosen: MqttVersion = request.param
    return chosen


def settings(broker: Broker, version: MqttVersion) -> MqttSettings:
    return MqttSettings(host=HOST, port=broker.port, version=version)


def sender(broker: Broker, version: MqttVersion) -> aiomqtt.Client:
    return aiomqtt.Client(HOST, broker.port, protocol=PROTOCOLS[version], timeout=5)


def yesterday() -> bytes:
    """A well-formed command for a call of yesterday, of another run of the bridge."""
    return json.dumps(
        {
            "v": 1,
            "id": "c-00000001",
            "ts": time.time_ns() // 1_000_000 - 86_400_000,
            "ttl_ms": 3000,
            "epoch": "00000000000000aa",
            "call": "yesterdayscall000000",
            "expect": "ringing",
        }
    ).encode()


@contextlib.asynccontextmanager
async def after_a_marker(station: Station, client: aiomqtt.Client) -> AsyncIterator[None]:
    """Run the body, then wait until a marker sent after it has come through as well."""
    yield
    before = len(station.incoming)
    await client.publish(f"{BASE}/cmd/marker", b"marker", 1)
    await eventually(lambda: b"marker" in [m.payload for m in station.incoming[before:]])


async def test_a_retained_command_of_yesterday_does_nothing(
    mosquitto: Broker, version: MqttVersion
) -> None:
    async with sender(mosquitto, version) as ui:
        await ui.publish(TOPIC, yesterday(), 1, retain=True)
        async with Station(settings(mosquitto, version)) as station:
            await eventually(lambda: station.link.status.up)
            async with after_a_marker(station, ui):
                pass
    assert station.acted == []


async def test_a_command_published_retained_while_we_listen_does_nothing(
    mosquitto: Broker, version: MqttVersion
) -> None:
    async with sender(mosquitto, version) as ui, Station(settings(mosquitto, version)) as station:
        await eventually(lambda: station.link.status.up)
        async with after_a_marker(station, ui):
            await ui.publish(TOPIC, yesterday(), 1, retain=True)
    assert station.acted == []


@pytest.mark.parametrize("expiry_s", [None, 60])
async def test_a_command_said_while_the_bridge_was_away_does_nothing(
    mosquitto: Broker, version: MqttVersion, expiry_s: int | None
) -> None:
    properties = None
    if expiry_s is not None and version is MqttVersion.V5:
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.MessageExpiryInterval = expiry_s
    async with sender(mosquitto, version) as ui:
        async with Station(settings(mosquitto, version)) as station:
            await eventually(lambda: station.link.status.up)
        fresh = json.loads(yesterday()) | {
            "ts": time.time_ns() // 1_000_000,
            "epoch": station.link.epoch,
            "call": CALL,
        }
        await ui.publish(TOPIC, json.dumps(fresh).encode(), 1, False, properties)
        async with Station(settings(mosquitto, version)) as again:
            await eventually(lambda: again.link.status.up)
            async with after_a_marker(again, ui):
                pass
    assert again.acted == []
    assert [m for m in again.incoming if m.payload != b"marker"] == []


async def test_a_command_kept_in_its_senders_queue_since_yesterday_does_nothing(
    mosquitto: Broker, version: MqttVersion
) -> None:
    async with sender(mosquitto, version) as ui, Station(settings(mosquitto, version)) as station:
        await eventually(lambda: station.link.status.up)
        async with after_a_marker(station, ui):
            await ui.publish(TOPIC, yesterday(), 1)
    assert station.acted == []
    assert station.guard.counts["age"] == 1


async def test_a_command_said_twice_answers_once(mosquitto: Broker, version: MqttVersion) -> None:
    reader = Reader({"hostname": HOST, "port": mosquitto.port}, protocol=PROTOCOLS[version])
    async with reader, Station(settings(mosquitto, version)) as station:
        await eventually(lambda: reader.epoch)
        twice = reader.fresh(call=CALL, expect="ringing")
        await reader.say("answer", twice)
        await reader.say("answer", twice)
        await eventually(lambda: len(reader.replies()) == 2)
    assert station.acted == [Intent(Verb.ANSWER, CallId(CALL))]
    assert [reply["status"] for reply in reader.replies()] == ["done", "done"]
    assert reader.invalid == []


async def test_a_command_sent_again_after_the_broker_crashed_answers_once(
    mosquitto: Broker, version: MqttVersion
) -> None:
    reader = Reader({"hostname": HOST, "port": mosquitto.port}, protocol=PROTOCOLS[version])
    async with reader, Station(settings(mosquitto, version)) as station:
        await eventually(lambda: reader.epoch)
        twice = reader.fresh(call=CALL, expect="ringing")
        await reader.say("answer", twice)
        await eventually(lambda: station.acted)
        mosquitto.kill()
        await eventually(lambda: not station.link.status.up and not reader.connected.is_set())
        mosquitto.start()
        await eventually(lambda: station.link.status.up and reader.connected.is_set())
        await reader.say("answer", twice)
        await eventually(lambda: station.guard.counts["repeated"])
    assert len(station.acted) == 1


# -- replies and what strangers send ------------------------------------------


async def test_a_reply_carries_the_correlation_of_its_command(mosquitto: Broker) -> None:
    reader = Reader({"hostname": HOST, "port": mosquitto.port})
    async with reader, Station(settings(mosquitto, MqttVersion.V5)):
        await eventually(lambda: reader.epoch)
        await reader.say("hangup", reader.fresh(call=CALL))
        await eventually(reader.replies)
        (reply,) = [m for m in reader.messages if "/reply/" in str(m.topic)]
    assert reply.properties is not None
    assert vars(reply.properties)["CorrelationData"] == b"corr-1"
    assert vars(reply.properties)["MessageExpiryInterval"] <= 10


async def test_replies_go_below_reply_and_nowhere_else(mosquitto: Broker) -> None:
    reader = Reader({"hostname": HOST, "port": mosquitto.port})
    async with reader, Station(settings(mosquitto, MqttVersion.V5)) as station:
        await eventually(lambda: reader.epoch)
        await reader.say("hangup", reader.fresh(call=CALL, reply_to=f"{BASE}/calls"), reply=False)
        await reader.say("hangup", reader.fresh(call=CALL))
        await eventually(reader.replies)
    assert len(station.acted) == 2
    assert len(reader.replies()) == 1
    assert reader.invalid == []


async def test_missed_events_go_to_the_one_who_asks(mosquitto: Broker) -> None:
    where = {"hostname": HOST, "port": mosquitto.port}
    async with (
        Reader(where, asks=False) as other,
        Station(settings(mosquitto, MqttVersion.V5)) as station,
    ):
        await eventually(lambda: station.link.status.up)
        for hundreds in range(1, 7):
            for _ in range(100):
                station.link.event(f"{BASE}/event/digit", {"call": CALL, "digit": "5"}, 5.0)
            await eventually(lambda n=hundreds: len(other.events()) == 100 * n)  # type: ignore[misc]
        async with Reader(where) as late:
            station.link.event(f"{BASE}/event/digit", {"call": CALL, "digit": "5"}, 5.0)
            await eventually(lambda: late.seen == set(range(90, 602)))  # the newest 512
    assert late.replayed == 511
    assert len(other.events()) == 601
    assert late.invalid == other.invalid == []


HOSTILE = [
    b"",
    b"\x00" * 4096,
    b"\xff\xfe\xfd",
    b"[" * 4096,
    b"[" * 60_000,
    b'{"a":' * 12_000,
    b"9" * 60_000,
    b'{"command":5}',
    b'{"v":1,"id":null}',
    b"null",
    b"NaN",
    "٣".encode() * 1000,
]


@pytest.mark.parametrize("version", [MqttVersion.V5], ids=["mqtt5"])
async def test_nonsense_is_answered_counted_and_survived(
    mosquitto: Broker, version: MqttVersion
) -> None:
    reader = Reader({"hostname": HOST, "port": mosquitto.port})
    rng = random.Random(7)
    noise = [rng.randbytes(rng.randrange(200)) for _ in range(100)]
    async with reader, Station(settings(mosquitto, version)) as station:
        await eventually(lambda: reader.epoch)
        for payload in [*HOSTILE, *noise]:
            await reader.say("answer", payload)
        await reader.say("../../calls", dial())
        await reader.say("ANSWER", dial())
        await eventually(lambda: len(reader.replies()) == len(HOSTILE) + 101)
        await reader.say("answer", reader.fresh(call=CALL, expect="ringing"))
        await eventually(lambda: station.acted)
    assert station.guard.counts["unreadable"] == len(HOSTILE) + 101
    assert {reply["status"] for reply in reader.replies()[:-1]} == {"invalid"}
    assert station.link.counts["connections"] == 1
    assert reader.invalid == []
