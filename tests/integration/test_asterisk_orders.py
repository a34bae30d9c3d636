"""What is asked of a virtual Asterisk through the gateway, and what becomes of it."""

from collections.abc import AsyncIterator

import pytest

from bridge.model.blf import Extension, PresenceState
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
from tests.asterisk.desk import E200, Desk, desk_at, holding
from tests.asterisk.recordings import recording
from tests.asterisk.virtual import VirtualAsterisk
from tests.pbx.instance import Broker

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


# -- orders -----------------------------------------------------------------------


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
