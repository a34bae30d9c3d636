"""A broker that sends nonsense costs its connection and nothing else."""

import asyncio
import contextlib
import os
import random
from collections.abc import AsyncIterator

import pytest

from bridge.model.bus import MqttSettings, MqttVersion
from tests.mqtt.station import Station
from tests.mqtt.waiting import eventually

HOST = "127.0.0.1"
ROUNDS = 4000 if os.environ.get("OFFHOOK_TEST_PROFILE") == "long" else 120  # 3 packets each
CONNACK = {MqttVersion.V5: b"\x20\x03\x00\x00\x00", MqttVersion.V311: b"\x20\x02\x00\x00"}
TOPIC = b"offhook/1/desk/cmd/answer"
SEEDS = [
    b"\x90\x0a\x00\x01\x00\x01\x01\x01\x01\x01\x01\x01",  # SUBACK
    b"\x32" + bytes([len(TOPIC) + 7]) + b"\x00\x19" + TOPIC + b"\x00\x05\x00{}",  # PUBLISH
    b"\x40\x04\x00\x01\x87\x00",  # PUBACK, not authorised
    b"\xd0\x00",  # PINGRESP
    b"\xe0\x02\x8e\x00",  # DISCONNECT, taken over
    b"\x62\x02\x00\x05",  # PUBREL for nothing
    b"\xf0\x02\x18\x00",  # AUTH
    b"\x30\xff\xff\xff\x7f",  # PUBLISH of 256 MB announced
    b"\x30\xff\xff\xff\xff\xff",  # a length that never ends
]


def mutate(rng: random.Random, packet: bytes) -> bytes:
    """A packet with some of its bytes changed, taken out or put in."""
    mashed = bytearray(packet)
    for _ in range(rng.randrange(5)):
        place = rng.randrange(len(mashed) or 1)
        match rng.randrange(3):
            case 0 if mashed:
                mashed[place] = rng.randrange(256)
            case 1:
                mashed[place:place] = rng.randbytes(rng.randrange(9))
            case _:
                del mashed[place : place + rng.randrange(4)]
    return bytes(mashed)


@contextlib.asynccontextmanager
async def nonsense(version: MqttVersion, served: list[bytes]) -> AsyncIterator[int]:
    """A server that accepts the connection, sends mutated packets and hangs up."""
    rng = random.Random(3)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        packets = b"".join(mutate(rng, rng.choice(SEEDS)) for _ in range(rng.randint(1, 5)))
        with contextlib.suppress(OSError):
            await reader.read(512)
            writer.write(CONNACK[version] + packets)
            await writer.drain()
            await reader.read(512)
        served.append(packets)
        writer.close()

    listening = await asyncio.start_server(serve, HOST, 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("version", [MqttVersion.V5, MqttVersion.V311])
async def test_nonsense_from_the_broker_ends_connections_and_nothing_else(
    version: MqttVersion, caplog: pytest.LogCaptureFixture
) -> None:
    served: list[bytes] = []
    unhandled: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: unhandled.append(context))
    async with (
        nonsense(version, served) as port,
        Station(MqttSettings(host=HOST, port=port, version=version)) as station,
    ):
        while len(served) < ROUNDS:
            station.link.try_now()
            before = len(served)
            await eventually(lambda n=before: _hurried(station, served, n))  # type: ignore[misc]
    assert unhandled == []
    assert station.acted == []
    assert not station.link.status.up
    assert "nobody thought of" not in caplog.text


def _hurried(station: Station, served: list[bytes], before: int) -> bool:
    """Whether one more connection was served; asks for the next attempt meanwhile."""
    station.link.try_now()
    return len(served) > before
