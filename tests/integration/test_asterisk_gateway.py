"""The gateway at a virtual Asterisk that plays recorded exchanges, over a real Mosquitto."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model.asterisk import AsteriskSettings
from bridge.model.intents import Outcome
from bridge.model.pbx import (
    SetGlobalDnd,
)
from tests.asterisk.desk import E200, PLAN, Desk, desk_at, family
from tests.asterisk.recordings import PLACE, Exchange, recording
from tests.asterisk.virtual import SECRET, VirtualAsterisk
from tests.integration.waiting import eventually
from tests.pbx.instance import Broker
from tests.pbx.settings import openssl

pytestmark = pytest.mark.needs("mosquitto")


@pytest.fixture
async def asterisk() -> AsyncIterator[VirtualAsterisk]:
    async with VirtualAsterisk() as asterisk:
        yield asterisk


@pytest.fixture
async def desk(asterisk: VirtualAsterisk, mosquitto: Broker) -> AsyncIterator[Desk]:
    async with desk_at(asterisk, mosquitto) as desk:
        await desk.is_online()
        yield desk


# -- states -----------------------------------------------------------------------


async def test_the_whole_picture_is_there_before_it_is_online(desk: Desk) -> None:
    assert [desk.said(f"ext/{ext}/state").get("state") for ext in (200, 201, 202, 203)] == [
        *("free", "busy", "free", "free"),
    ]
    assert desk.said("ext/202/presence")["presence"] == "dnd"
    assert desk.said("ext/203/presence")["text"] == "zu Tisch"
    assert desk.said("ext/201/forwarding")["forwarding"] is True
    assert desk.said("mwi/200")["waiting"] is False
    assert desk.said("park/702")["state"] == "free"
    members = desk.said("queue/sales")["members"]
    assert members == [{"ext": "201", "logged_in": True, "paused": False}]
    assert desk.said("ext/900/state") == {}


async def test_changes_are_shown_as_they_come(desk: Desk) -> None:
    for device, state in (("RINGING", "ringing"), ("ONHOLD", "held"), ("UNAVAILABLE", "offline")):
        desk.asterisk.happens(f"line200-{device}")
        await desk.shows("ext/200/state", "state", state)
    desk.asterisk.happens("park")
    await desk.shows("park/701", "state", "parked")
    desk.asterisk.happens("fetch")
    await desk.shows("park/701", "state", "free")
    desk.asterisk.happens("message")
    await desk.shows("mwi/200", "waiting", True)
    desk.asterisk.happens("presence-dnd")
    await desk.shows("ext/203/presence", "presence", "dnd")


async def test_astdb_is_read_again_for_it_tells_nothing(desk: Desk) -> None:
    dnd, empty = family("DND"), family("CFB").answer
    desk.asterisk.now_answers(Exchange(dnd.asked, empty))
    await desk.shows("ext/202/presence", "presence", "none")


async def test_a_list_asterisk_does_not_give_leaves_the_others(
    asterisk: VirtualAsterisk, mosquitto: Broker
) -> None:
    refused = recording("login").exchanges[-1].answer
    asterisk.now_answers(Exchange((("Action", "VoicemailUsersList"),), refused))
    async with desk_at(asterisk, mosquitto) as desk:
        await desk.is_online()
        assert desk.said("ext/201/state")["state"] == "busy"
        assert desk.said("mwi/200") == {}


# -- losses -----------------------------------------------------------------------


async def test_a_lost_connection_is_told_and_everything_is_read_again(desk: Desk) -> None:
    desk.asterisk.happens("line200-RINGING")
    await desk.shows("ext/200/state", "state", "ringing")
    await desk.asterisk.stop()
    await desk.is_offline("no way to asterisk")
    await desk.asterisk.start()
    await desk.is_online()
    assert desk.said("ext/200/state")["state"] == "free"
    assert desk.asterisk.logins == 2


async def test_many_short_losses_leave_it_in_step(desk: Desk) -> None:
    for number in range(2, 7):
        desk.asterisk.drop()
        await eventually(lambda n=number: desk.asterisk.logins >= n, "logged in again")  # type: ignore[misc]
    await desk.is_online()
    desk.asterisk.happens("line200-RINGING")
    await desk.shows("ext/200/state", "state", "ringing")


async def test_a_wrong_secret_is_tried_once_and_told(
    asterisk: VirtualAsterisk, mosquitto: Broker
) -> None:
    settings = AsteriskSettings(secret="wrong", plan=PLAN)
    async with desk_at(asterisk, mosquitto, settings) as desk:
        await desk.is_offline("does not let offhook in (Authentication failed)")
        assert "tried again in 300 s" in str(desk.said("availability"))
        assert asterisk.refused == 1
        assert "wrong" not in desk.story


async def test_a_user_who_may_not_read_is_told_what_is_missing(
    asterisk: VirtualAsterisk, mosquitto: Broker
) -> None:
    asterisk.now_answers(recording("login").exchanges[-1])
    async with desk_at(asterisk, mosquitto) as desk:
        await desk.is_offline("does not list extensions (Permission denied)")


async def test_a_user_who_hears_no_changes_is_told_what_is_missing(
    asterisk: VirtualAsterisk, mosquitto: Broker
) -> None:
    async with desk_at(asterisk, mosquitto, again_s=0.1) as desk:
        await desk.is_online()
        listed = recording("lists").exchanges[0]
        assert listed.answer.count(b"Status: 1\r") == 1
        asterisk.now_answers(
            Exchange(listed.asked, listed.answer.replace(b"Status: 1\r", b"Status: 8\r"))
        )
        await desk.is_offline("needs read = call")


async def test_what_is_read_again_is_no_news(asterisk: VirtualAsterisk, mosquitto: Broker) -> None:
    async with desk_at(asterisk, mosquitto, again_s=0.1) as desk:
        await desk.is_online()
        rounds = [asked["Action"] for asked in asterisk.asked].count("QueueStatus")
        await eventually(
            lambda: [a["Action"] for a in asterisk.asked].count("QueueStatus") > rounds + 2, "again"
        )
        assert {desk.said(f"ext/{ext}/state")["rev"] for ext in (200, 201, 202, 203)} == {1}
        assert desk.said("queue/sales")["rev"] == 1


async def test_a_secret_never_travels_readable(
    asterisk: VirtualAsterisk, mosquitto: Broker
) -> None:
    asterisk.challenges = False
    async with desk_at(asterisk, mosquitto) as desk:
        await desk.is_offline("gives no challenge")
        assert not [asked for asked in asterisk.asked if asked["Action"] == "Login"]


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for localhost, with its key in the same file."""
    both, key = tmp_path / "asterisk.pem", tmp_path / "key.pem"
    name = ("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")
    openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        *name,
        "-keyout",
        key,
        "-out",
        both,
    )
    both.write_text(both.read_text() + key.read_text())
    return both


@pytest.mark.needs("openssl")
@pytest.mark.parametrize(("trusts", "state"), [(True, "online"), (False, "offline")])
async def test_an_encrypted_asterisk_has_to_be_who_it_says(
    mosquitto: Broker, certificate: Path, trusts: bool, state: str
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    settings = AsteriskSettings(
        host="localhost", secret=SECRET, tls=True, ca_file=str(certificate) if trusts else ""
    )
    async with VirtualAsterisk(tls=tls) as asterisk, desk_at(asterisk, mosquitto, settings) as desk:
        await desk.shows("availability", "state", state)
        assert asterisk.logins == trusts
        if not trusts:
            await desk.is_offline("is not trusted")


@pytest.mark.needs("openssl")
async def test_without_a_challenge_the_secret_goes_encrypted(
    mosquitto: Broker, certificate: Path
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    settings = AsteriskSettings(host="localhost", secret=SECRET, tls=True, ca_file=str(certificate))
    virtual = VirtualAsterisk(tls=tls, challenges=False)
    async with virtual as asterisk, desk_at(asterisk, mosquitto, settings) as desk:
        await desk.is_online()
        (login,) = [asked for asked in asterisk.asked if asked["Action"] == "Login"]
        assert login["Secret"] == SECRET


async def test_another_program_on_the_port_is_told(mosquitto: Broker) -> None:
    async with (
        VirtualAsterisk() as asterisk,
        desk_at(
            asterisk, mosquitto, AsteriskSettings(host="127.0.0.1", secret=SECRET, tls=True)
        ) as desk,
    ):
        await desk.is_offline("does not speak TLS")


async def test_no_order_is_kept_for_later(desk: Desk) -> None:
    await desk.asterisk.stop()
    await desk.is_offline("asterisk")
    answer = await desk.gateway.adaptor.send(SetGlobalDnd(E200, on=True))
    assert answer.outcome is Outcome.FAILED


async def test_a_silent_asterisk_is_given_up(asterisk: VirtualAsterisk, mosquitto: Broker) -> None:
    async with desk_at(asterisk, mosquitto) as desk:
        await desk.is_online()
        asterisk.silent = True
        await desk.is_offline("does not answer")
        asterisk.silent = False
        await desk.is_online()


def test_recordings_name_their_source() -> None:
    files = sorted(PLACE.glob("*.txt"))
    assert files
    assert [file.name for file in files if not file.read_text().startswith("# source: ")] == []
