"""What a broker does not allow is said in one sentence: logins, TLS, access lists, old brokers."""

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from bridge.model.bus import MqttSettings, MqttVersion, TlsSettings
from tests.mqtt.reader import Reader
from tests.mqtt.station import Station
from tests.mqtt.waiting import eventually
from tests.mqtt.words import BASE
from tests.pbx.instance import Broker

pytestmark = pytest.mark.needs("mosquitto")

HOST = "127.0.0.1"
ACL = """
user desk
topic write offhook/1/desk/#
topic read offhook/1/desk/cmd/+
topic read offhook/1/desk/availability
topic read offhook/1/desk/device/+/state
topic read offhook/1/desk/line/+
topic read offhook/1/desk/alert/+
topic read offhook/1/desk/blf/+
topic read offhook/1/desk/panel/+/state
user ui
topic read offhook/1/desk/#
"""


@pytest.fixture
def guarded(tmp_path: Path, free_port_base: int) -> Iterator[Callable[[str], Broker]]:
    """Start a broker with accounts and the access list given."""
    passwords = tmp_path / "passwords"
    passwords.write_text("desk:secret-word\nui:ui-word\n")
    subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
    with contextlib.ExitStack() as stack:

        def start(acl: str) -> Broker:
            rules = tmp_path / "acl"
            rules.write_text(acl)
            for path in (passwords, rules):
                path.chmod(0o644)
            extra = (
                f"allow_anonymous false\npassword_file {passwords}\nacl_file {rules}\n"
                "use_username_as_clientid true\n"
            )
            return stack.enter_context(Broker(tmp_path, free_port_base, extra))

        yield start


def desk(broker: Broker, **changes: object) -> MqttSettings:
    facts: dict[str, object] = {"username": "desk", "password": "secret-word"}
    return MqttSettings(host=HOST, port=broker.port, **(facts | changes))  # type: ignore[arg-type]


def ui(broker: Broker) -> Reader:
    return Reader(
        {"hostname": HOST, "port": broker.port, "username": "ui", "password": "ui-word"},
        asks=False,
    )


async def test_the_access_list_of_the_page_is_enough(guarded: Callable[[str], Broker]) -> None:
    broker = guarded(ACL)
    async with ui(broker) as reader, Station(desk(broker)) as station:
        await eventually(lambda: reader.state == "online")
        assert station.link.status.reasons == ()
        assert reader.reasons == ""


async def test_a_denied_publish_is_noticed_and_said(guarded: Callable[[str], Broker]) -> None:
    broker = guarded(
        ACL.replace(
            "topic write offhook/1/desk/#",
            "topic write offhook/1/desk/availability\ntopic write offhook/1/desk/cmd/selftest",
        )
    )
    async with ui(broker) as reader, Station(desk(broker)) as station:
        await eventually(lambda: "does not let this user write" in reader.reasons)
        assert "not authorized" in reader.reasons
        assert station.link.counts["refused"] >= 4


@pytest.mark.parametrize("version", [MqttVersion.V5, MqttVersion.V311])
async def test_commands_that_cannot_arrive_are_noticed_and_said(
    guarded: Callable[[str], Broker], version: MqttVersion
) -> None:
    broker = guarded(ACL.replace("topic read offhook/1/desk/cmd/+\n", ""))
    async with ui(broker) as reader, Station(desk(broker, version=version)):
        await eventually(lambda: "commands do not arrive" in reader.reasons)


@pytest.mark.parametrize("version", [MqttVersion.V5, MqttVersion.V311, MqttVersion.AUTO])
async def test_a_wrong_password_is_said_without_the_password(
    guarded: Callable[[str], Broker], version: MqttVersion, caplog: pytest.LogCaptureFixture
) -> None:
    broker = guarded(ACL)
    async with Station(desk(broker, password="wrong-word", version=version)) as station:
        await eventually(lambda: "refuses the login of 'desk'" in station.link.status.text)
        assert "mqtt.password" in station.link.status.text
    assert "wrong-word" not in caplog.text


async def test_a_missing_login_is_said(guarded: Callable[[str], Broker]) -> None:
    broker = guarded(ACL)
    async with Station(desk(broker, username="", password="")) as station:
        await eventually(lambda: "wants a login" in station.link.status.text)


async def test_a_password_that_becomes_right_lets_us_in(
    guarded: Callable[[str], Broker], tmp_path: Path
) -> None:
    broker = guarded(ACL)
    async with Station(desk(broker, password="new-word")) as station:
        await eventually(lambda: "refuses the login" in station.link.status.text)
        broker.stop()
        await asyncio.to_thread(
            subprocess.run,
            ["mosquitto_passwd", "-b", str(tmp_path / "passwords"), "desk", "new-word"],
            check=True,
        )
        (tmp_path / "passwords").chmod(0o644)
        broker.start()
        await eventually(lambda: station.link.status.up)


# -- TLS ----------------------------------------------------------------------


@pytest.fixture
def tls_broker(tmp_path: Path, free_port_base: int) -> Iterator[Broker]:
    """A broker that speaks TLS with a certificate for localhost of its own making."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    extra = (
        f"listener {free_port_base + 1} {HOST}\ncertfile {certificate}\nkeyfile {key}\n"
        "allow_anonymous true\n"
    )
    with Broker(tmp_path, free_port_base, extra) as broker:
        yield broker


def over_tls(broker: Broker, host: str, ca_file: str, **changes: object) -> MqttSettings:
    tls = TlsSettings(ca_file=ca_file, **changes)  # type: ignore[arg-type]
    return MqttSettings(host=host, port=broker.port + 1, tls=tls)


@pytest.mark.needs("openssl")
async def test_over_tls_everything_works(tls_broker: Broker, tmp_path: Path) -> None:
    settings = over_tls(tls_broker, "localhost", str(tmp_path / "cert.pem"))
    reader = Reader({"hostname": HOST, "port": tls_broker.port})
    async with reader, Station(settings) as station:
        await eventually(lambda: reader.state == "online")
        for _ in range(200):
            station.link.event(f"{BASE}/event/digit", {"call": "c", "digit": "5"}, 5.0)
        await eventually(lambda: len(reader.seen) == 200)
    assert reader.invalid == []


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(
    ("host", "ca_file", "word"),
    [
        ("localhost", "", "certificate verify failed"),
        (HOST, "{dir}/cert.pem", "certificate verify failed"),
    ],
)
async def test_a_certificate_that_is_not_trusted_is_said(
    tls_broker: Broker, tmp_path: Path, host: str, ca_file: str, word: str
) -> None:
    settings = over_tls(tls_broker, host, ca_file.format(dir=tmp_path))
    async with Station(settings) as station:
        await eventually(lambda: word in station.link.status.text)
        assert "check mqtt.tls" in station.link.status.text


@pytest.mark.needs("openssl")
async def test_a_certificate_for_another_name_may_be_accepted(
    tls_broker: Broker, tmp_path: Path
) -> None:
    settings = over_tls(tls_broker, HOST, str(tmp_path / "cert.pem"), check_name=False)
    async with Station(settings) as station:
        await eventually(lambda: station.link.status.up)


async def test_a_certificate_file_that_is_not_there_is_said(mosquitto: Broker) -> None:
    async with Station(over_tls(mosquitto, HOST, "/nowhere/ca.pem")) as station:
        await eventually(lambda: "mqtt.tls" in station.link.status.text)


# -- brokers that are not brokers, or old ones --------------------------------


@contextlib.asynccontextmanager
async def server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter, int], object],
) -> AsyncIterator[int]:
    """A TCP server; ``answer`` gets the protocol level of the CONNECT it was sent, 0 for none."""
    held = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        head = await reader.read(256)
        level = head[8] if len(head) > 8 else 0
        answer(reader, writer, level)

    listening = await asyncio.start_server(serve, HOST, 0)
    async with listening:
        yield listening.sockets[0].getsockname()[1]
        for writer in held:
            writer.transport.abort()


def speaks_311_only(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, level: int) -> None:
    writer.write(b"\x20\x02\x00\x01" if level == 5 else b"\x20\x02\x00\x05")


def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, level: int) -> None:
    if level == 5:
        writer.close()
    else:
        writer.write(b"\x20\x02\x00\x05")


def talks_web(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, level: int) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    writer.close()


@pytest.mark.parametrize("answer", [speaks_311_only, hangs_up])
async def test_a_broker_that_knows_no_mqtt_5_is_spoken_to_in_3_1_1(
    answer: Callable[..., object],
) -> None:
    """The login is refused on purpose: the sentence shows that 3.1.1 was understood."""
    async with (
        server(answer) as port,
        Station(MqttSettings(host=HOST, port=port)) as station,
    ):
        await eventually(lambda: "wants a login" in station.link.status.text)


async def test_something_that_is_no_broker_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async with (
        server(talks_web) as port,
        Station(MqttSettings(host=HOST, port=port)) as station,
    ):
        await eventually(lambda: "cannot be used" in station.link.status.text)
    assert "Traceback" not in caplog.text


async def test_an_unknown_host_is_said() -> None:
    async with Station(MqttSettings(host="no-such-host.invalid")) as station:
        await eventually(lambda: "mqtt.broker" in station.link.status.text)
