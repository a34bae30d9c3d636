"""What a person reads in the log: once when something breaks, once when it works again."""

import logging

import pytest

from bridge.app.journal import Journal
from bridge.app.switchboard import Switchboard
from bridge.drivers.virtual.clock import VirtualTimers
from bridge.model.calls import Cause, EndedBy, Phase, RegistrationState
from bridge.model.effects import AnnounceCall
from bridge.model.events import EngineReady, MatterChanged, RegistrationChanged, SoundChanged
from bridge.model.ids import AccountId, CallId, RequestId
from bridge.model.intents import Intent, Verb


@pytest.fixture
def switchboard() -> Switchboard:
    return Switchboard(VirtualTimers(), unix=lambda: 1.8e9, readers=[Journal()])


def test_a_lost_sound_card_is_said_once_and_so_is_its_return(
    switchboard: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    switchboard.post(SoundChanged(1.0, False, "no sound card"))
    switchboard.post(SoundChanged(2.0, False, "no sound card"))
    switchboard.post(SoundChanged(3.0, True, ""))
    switchboard.post(SoundChanged(4.0, True, ""))
    assert [r.getMessage() for r in caplog.records] == [
        "sound: no sound card",
        "sound: works again",
    ]


@pytest.mark.parametrize(
    ("by", "before", "told"),
    [
        (EndedBy.REMOTE, Phase.DIALING, ["call: the other end is busy (SIP 486)"]),
        (EndedBy.ERROR, Phase.CONNECTED, ["call: the other end is busy (SIP 486)"]),
        (EndedBy.REMOTE, Phase.CONNECTED, []),
        (EndedBy.REMOTE, Phase.RINGING, []),
        (EndedBy.LOCAL, Phase.DIALING, []),
    ],
)
def test_a_refused_or_broken_call_is_a_matter_and_one_that_was_hung_up_is_none(
    by: EndedBy, before: Phase, told: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    cause = Cause(by, 486, "the other end is busy")
    Journal().announced(AnnounceCall(CallId("c1"), before, Phase.ENDED, cause))
    assert [r.getMessage() for r in caplog.records] == told


def test_a_wish_that_cannot_be_is_said_once_however_often_it_comes(
    switchboard: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    switchboard.post(EngineReady(1.0, 4))
    switchboard.post(RegistrationChanged(1.0, AccountId("desk"), RegistrationState.REGISTERED))
    for _ in range(3):
        switchboard.give(Intent(Verb.DIAL, target="ab!!"), RequestId("r1"))
    switchboard.give(Intent(Verb.DIAL, target="(("), RequestId("r2"))
    expected = "expected a number, an extension, a star code or a SIP address"
    assert [r.getMessage() for r in caplog.records] == [
        f"dial asked by mqtt: found 'ab!!', {expected}",
        f"dial asked by mqtt: found '((', {expected}",
    ]


def test_what_a_driver_logs_itself_is_not_said_twice(
    switchboard: Switchboard, caplog: pytest.LogCaptureFixture
) -> None:
    switchboard.post(MatterChanged(1.0, "mqtt", "no broker"))
    switchboard.post(MatterChanged(1.0, "hidraw3", "no access"))
    assert caplog.records == []
