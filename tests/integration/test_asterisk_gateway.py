"""The gateway at a virtual Asterisk that plays recorded exchanges, over a real Mosquitto."""

import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from bridge.drivers.ports import GatewayBus
from bridge.gateway.adaptor import Picture
from bridge.gateway.asterisk.adaptor import AsteriskAdaptor
from bridge.gateway.gateway import Gateway
from bridge.model.asterisk import AsteriskSettings, DialPlan
from bridge.model.blf import Extension, PresenceState
from bridge.model.bus import MqttSettings
from bridge.model.forwarding import Target, To, When
from bridge.model.intents import Outcome
from bridge.model.pbx import (
    ActivateProfile,
    HangUp,
    Originate,
    Park,
    PbxCommand,
    Redirect,
    ServeQueue,
    SetForwarding,
    SetGlobalDnd,
    SetPresence,
)
from bridge.protocols.pbx_states import Shown
from tests.asterisk.recordings import PLACE, Exchange, recording
from tests.asterisk.virtual import SECRET, VirtualAsterisk
from tests.integration.waiting import eventually
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.reader import Reader
from tests.pbx.instance import Broker
from tests.pbx.settings import openssl

pytestmark = pytest.mark.needs("mosquitto")

PLAN = DialPlan(
    channel="Local/{}@phones", hints=frozenset({"from-internal"}), dnd_device="Custom:DND{}"
)
E200 = Extension("200")


@dataclass
class Desk:
    """A gateway at a virtual Asterisk, and a reader who checks every message."""

    asterisk: VirtualAsterisk
    gateway: Gateway
    reader: Reader

    def said(self, rest: str) -> dict[str, Any]:
        body: dict[str, Any] = json.loads(self.reader.latest.get(f"{PBX_BASE}/{rest}") or b"{}")
        return body

    @property
    def story(self) -> str:
        return "\n".join(f"{topic} {text!r}" for topic, text in sorted(self.reader.latest.items()))

    async def shows(self, rest: str, member: str, value: object) -> None:
        what = f"{rest} says {member} {value}"
        await eventually(lambda: self.said(rest).get(member) == value, what, lambda: self.story)

    async def is_online(self) -> None:
        await self.shows("availability", "state", "online")

    async def is_offline(self, word: str) -> None:
        await eventually(
            lambda: (
                self.said("availability").get("state") == "offline"
                and word in str(self.said("availability"))
            ),
            f"offline: {word}",
            lambda: self.story,
        )


@asynccontextmanager
async def desk_at(
    asterisk: VirtualAsterisk, broker: Broker, settings: AsteriskSettings | None = None
) -> AsyncIterator[Desk]:
    wanted = settings or AsteriskSettings(secret=SECRET, plan=PLAN, poll_s=0.1)
    where = MqttSettings(host="127.0.0.1", port=broker.port, bridge="office")

    def adaptor(_bus: GatewayBus, picture: Picture) -> AsteriskAdaptor:
        made = AsteriskAdaptor(picture, replace(wanted, port=asterisk.port))
        made.pace = replace(made.pace, waits_s=(0.05,), answer_s=1.0)
        return made

    reader = Reader({"hostname": "127.0.0.1", "port": broker.port}, asks=False)
    async with reader, Gateway(where, Shown(), adaptor, "0.1.0") as gateway:
        yield Desk(asterisk, gateway, reader)
    assert reader.invalid == []


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


# -- orders -----------------------------------------------------------------------


def family(name: str) -> Exchange:
    """What was recorded of a family of AstDB."""
    asked = (("Action", "DBGetTree"), ("Family", name))
    return next(e for e in recording("lists").exchanges if e.asked == asked)


def holding(name: str, extension: str, value: str) -> Exchange:
    """The recorded answer of another family, with one entry in its place."""
    known = family("DND")
    answer = known.answer.replace(b"/DND/202", f"/{name}/{extension}".encode())
    asked = (("Action", "DBGetTree"), ("Family", name))
    return Exchange(asked, answer.replace(b"Val: YES", f"Val: {value}".encode()))


async def do(desk: Desk, order: PbxCommand) -> tuple[Outcome, str]:
    answer = await desk.gateway.adaptor.send(order)
    return answer.outcome, answer.detail


async def test_do_not_disturb_is_done_once_astdb_says_so(desk: Desk) -> None:
    outcome, _ = await do(desk, SetGlobalDnd(E200, on=True))
    assert outcome is Outcome.FAILED  # the recorded family still lacks it
    desk.asterisk.now_answers(holding("DND", "200", "YES"))
    assert await do(desk, SetGlobalDnd(E200, on=True)) == (Outcome.DONE, "")
    await desk.shows("ext/200/presence", "presence", "dnd")
    values = [asked["Value"] for asked in desk.asterisk.asked if asked["Action"] == "Setvar"]
    assert values == ["INUSE"]


async def test_forwarding_is_written_into_its_family(desk: Desk) -> None:
    desk.asterisk.now_answers(holding("CF", "200", "601"))
    order = SetForwarding(E200, When.ALWAYS, Target(To.NUMBER, "601"))
    assert await do(desk, order) == (Outcome.DONE, "")
    await desk.shows("ext/200/forwarding", "forwarding", True)


async def test_an_agent_is_logged_in_as_the_queue_knows_him(desk: Desk) -> None:
    assert await do(desk, ServeQueue(Extension("sales"), E200, True)) == (Outcome.DONE, "")
    added = [asked for asked in desk.asterisk.asked if asked["Action"] == "QueueAdd"]
    assert [asked["Interface"] for asked in added] == ["Local/200@phones"]


REFUSED: list[tuple[PbxCommand, str]] = [
    (ServeQueue(Extension("sales"), Extension("201"), False), "Member not dynamic"),
    (ServeQueue(Extension("nope"), E200, True), "No such queue"),
    (HangUp(E200), "200 has no call"),
    (Redirect(E200, "600"), "talks with nobody"),
    (Park(E200, Extension("702")), "talks with nobody"),
    (Originate(Extension("299"), "600"), "Invalid/unknown command"),
    (Originate(Extension("999"), "600"), "999 cannot be reached"),
]
DENIED: list[PbxCommand] = [
    ActivateProfile(E200, 3),
    SetPresence(E200, PresenceState.ASSISTANT),
    SetForwarding(E200, When.BUSY, Target(To.VOICEMAIL)),
    SetForwarding(E200, When.ALWAYS, Target(To.NUMBER, "1\r\nAction: Reload")),
]


async def test_what_asterisk_refuses_is_told_in_its_words(desk: Desk) -> None:
    answers = [(await do(desk, order), words) for order, words in REFUSED]
    assert {outcome for (outcome, _), _ in answers} == {Outcome.FAILED}
    assert [(detail, words) for (_, detail), words in answers if words not in detail] == []


async def test_what_asterisk_cannot_do_is_denied_and_not_asked(desk: Desk) -> None:
    answers = [await do(desk, order) for order in DENIED]
    assert {outcome for outcome, _ in answers} == {Outcome.DENIED}
    names = {asked["Action"] for asked in desk.asterisk.asked}
    assert not names & {"DBPut", "DBDel", "Setvar", "Reload"}


async def test_a_telephone_is_rung_to_call_a_number(desk: Desk) -> None:
    assert await do(desk, Originate(Extension("202"), "600")) == (Outcome.DONE, "")


async def test_the_other_end_is_sent_elsewhere_and_the_own_one_is_hung_up(desk: Desk) -> None:
    desk.asterisk.now_answers(recording("lists").exchanges[-1])  # 203 talks with 202
    await do(desk, Redirect(Extension("203"), "601"))
    sent = [asked for asked in desk.asterisk.asked if asked["Action"] == "Redirect"]
    assert [(asked["Channel"], asked["Context"], asked["Exten"]) for asked in sent] == [
        ("Local/202@phones-00000005;1", "from-internal", "601")
    ]
    await do(desk, HangUp(Extension("203")))
    hung_up = [asked["Channel"] for asked in desk.asterisk.asked if asked["Action"] == "Hangup"]
    assert hung_up == ["Local/203@phones-00000006;1"]  # an unknown action: no other is tried


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
