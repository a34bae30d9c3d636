"""Who may call, why a call ended, and what the build cannot do."""

import pytest

from bridge.model.calls import EndedBy
from bridge.model.engine import AccountSettings
from bridge.model.engine_limits import PJSUA2, STAND_IN, STAND_IN_NOTE, Feature
from bridge.model.ids import AccountId
from bridge.protocols.sip_reasons import (
    cause_of_end,
    sentence_of_registration,
)
from bridge.protocols.sip_source import Admission, Refused, account_for
from bridge.protocols.sip_text import BadAddress

DESK, DOOR, HOME = AccountId("desk"), AccountId("door"), AccountId("home")
PBX = "192.0.2.1"


def admissions() -> dict[AccountId, Admission]:
    lines = (
        Admission(AccountSettings(DESK, "200", "pbx.test"), {PBX}),
        Admission(AccountSettings(DOOR, "300", allow_from=("198.51.100.0/24", "203.0.113.7"))),
        Admission(AccountSettings(HOME, "400")),
    )
    return {a.settings.account: a for a in lines}


@pytest.mark.parametrize(
    ("user", "source", "taker"),
    [
        ("200", f"{PBX}:5060", DESK),
        ("200", PBX, DESK),
        ("300", "198.51.100.200:5060", DOOR),
        ("300", "203.0.113.7:1", DOOR),
        ("400", "8.8.8.8:5060", HOME),
        ("", "8.8.8.8:5060", HOME),
        ("", "203.0.113.7:5060", DOOR),
    ],
)
def test_a_call_that_is_taken(user: str, source: str, taker: AccountId) -> None:
    assert account_for(user, source, admissions()) == taker


@pytest.mark.parametrize(
    ("user", "source", "status"),
    [
        ("200", "8.8.8.8:5060", 403),
        ("300", "8.8.8.8:5060", 403),
        ("200", "", 403),
        ("200", "[::1]:5060", 403),
        ("999", f"{PBX}:5060", 404),
        ("2001", f"{PBX}:5060", 404),
    ],
)
def test_a_call_that_is_refused(user: str, source: str, status: int) -> None:
    refused = account_for(user, source, admissions())
    assert isinstance(refused, Refused)
    assert refused.status == status


def test_a_refused_stranger_is_told_of_with_the_way_out() -> None:
    refused = account_for("200", "8.8.8.8:5060", admissions())
    assert isinstance(refused, Refused)
    assert refused.reason.endswith("if it may call, add it to allow_from")


def test_allow_from_must_be_addresses() -> None:
    with pytest.raises(BadAddress, match="allow_from"):
        Admission(AccountSettings(DESK, "1", allow_from=("pbx.test",))).admits(PBX)


@pytest.mark.parametrize(
    ("status", "connected", "by"),
    [
        (200, True, EndedBy.REMOTE),
        (0, True, EndedBy.REMOTE),
        (487, False, EndedBy.REMOTE),
        (486, False, EndedBy.REMOTE),
        (408, True, EndedBy.ERROR),
        (503, True, EndedBy.ERROR),
        (408, False, EndedBy.ERROR),
        (401, False, EndedBy.ERROR),
        (599, False, EndedBy.ERROR),
        (799, False, EndedBy.ERROR),
    ],
)
def test_whose_doing_the_end_was(status: int, connected: bool, by: EndedBy) -> None:
    cause = cause_of_end(status, "", "desk", connected=connected)
    assert (cause.by, cause.sip) == (by, status)
    assert cause.reason


@pytest.mark.parametrize("status", [*range(300, 700)])
def test_every_final_status_has_a_lower_case_sentence(status: int) -> None:
    call = cause_of_end(status, "Odd {phrase}", "desk", connected=False).reason
    registration = sentence_of_registration(status, "Odd", "desk")
    assert call[:1].islower()
    assert registration[:1].islower()


@pytest.mark.parametrize("status", [401, 407])
def test_a_wrong_password_names_the_account(status: int) -> None:
    assert "account desk" in cause_of_end(status, "", "desk", connected=False).reason
    assert "account desk" in sentence_of_registration(status, "", "desk")


@pytest.mark.parametrize(
    ("phrase", "words"),
    [
        ("PJSIP_TLS_ECERTVERIF", "its TLS certificate is not trusted"),
        ("gethostbyname() has returned error (PJ_ERESOLVE) unable to resolve", "name is not known"),
        ("Connection refused", "connection refused"),
        ("Odd\r\nthing", "Odd??thing"),
    ],
)
def test_texts_of_the_library_in_plain_words(phrase: str, words: str) -> None:
    assert words in sentence_of_registration(503, phrase, "desk")


def test_the_table_of_limits_answers_for_every_feature() -> None:
    missing = {m.feature for m in PJSUA2.missing}
    assert missing == set(Feature)
    assert PJSUA2.why_not(Feature.IPV6).startswith("the SIP engine is built without IPv6; ")
    assert STAND_IN.why_not(Feature.IPV6) == ""
    assert STAND_IN.max_calls == 0
    assert STAND_IN_NOTE.startswith("calls are not possible: ")
