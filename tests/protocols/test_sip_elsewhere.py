"""RFC 3326: what the Reason of a CANCEL says about where the call went."""

import pytest

from bridge.protocols.sip_reasons import cause_of_end
from bridge.protocols.sip_text import is_completed_elsewhere, is_declined

HEAD = "CANCEL sip:200@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9\r\n"


@pytest.mark.parametrize(
    "reason",
    [
        'Reason: SIP;cause=200;text="Call completed elsewhere"',
        "reason : Q.850;cause=16, SIP ;cause=200",
        "Reason: Q.850;cause=26",
        'Reason: SIP;text="x, y";cause=200',
        "Reason: Q.850;cause=16\r\nReason: SIP\r\n ;cause=200",
    ],
)
def test_another_telephone_took_it(reason: str) -> None:
    assert is_completed_elsewhere(f"{HEAD}{reason}\r\n\r\n")


@pytest.mark.parametrize(
    "reason",
    [
        "Reason: SIP;cause=487",
        "Reason: SIP;cause=2000",
        "X-Reason: SIP;cause=200",
        "Reason: FOO;cause=200",
        'Reason: SIP;text="SIP;cause=200";cause=487',
        "Subject: Reason: SIP;cause=200",
        "",
    ],
)
def test_the_caller_gave_up(reason: str) -> None:
    assert not is_completed_elsewhere(f"{HEAD}{reason}\r\n\r\nReason: SIP;cause=200\r\n")


def test_a_call_that_was_answered_here_was_not_answered_elsewhere() -> None:
    assert not cause_of_end(200, "", "desk", connected=True, elsewhere=True).elsewhere
    assert cause_of_end(487, "", "desk", connected=False, elsewhere=True).elsewhere


@pytest.mark.parametrize(
    ("reason", "declined"),
    [
        ("Reason: Q.850;cause=21", True),
        ('Reason: SIP;cause=603, Q.850;cause=21;text="x"', True),
        ("Reason: Q.850;cause=211", False),
        ("Reason: Q.850;cause=17", False),
        ('Reason: SIP;cause=403;text="Q.850;cause=21"', False),
        ("", False),
    ],
)
def test_a_callee_who_declined_is_told_by_the_reason(reason: str, declined: bool) -> None:
    assert is_declined(f"SIP/2.0 403 Forbidden\r\n{reason}\r\n\r\n") is declined
