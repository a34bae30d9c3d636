"""Who sent a call on, and whether it wants to be answered: as PBXs write it and as nobody does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.calls import Party
from bridge.protocols.sip_history import answer_at_once, diverted_by


def invite(*headers: str) -> str:
    lines = "".join(f"{h}\r\n" for h in headers)
    return f"INVITE sip:200@h SIP/2.0\r\nFrom: <sip:1@h>\r\n{lines}Content-Length: 0\r\n\r\nv=0\r\n"


@pytest.mark.parametrize(
    ("headers", "first"),
    [
        ([], None),
        (["Diversion: <sip:203@h>;reason=no-answer"], Party("203")),
        (['Diversion: "Ann, B." <sip:203@h>;reason=x, <sip:204@h>'], Party("204")),
        (["Diversion: <sip:1@h>", "Diversion: <sip:+4989@h>;counter=1"], Party("+4989")),
        (['diversion: "Ann, B." <sip:203@h>'], Party("203", "Ann, B.")),
        (["History-Info: <sip:200@h>;index=1"], None),
        (
            ["History-Info: <sip:203@h>;index=1,", " <sip:200@h?Reason=SIP%3Bcause%3D302>;index=2"],
            Party("203"),
        ),
        (["Referred-By: <sip:202@h>"], Party("202")),
        (["b: sip:202@h"], Party("202")),
        (["Diversion: <sip:h>"], None),
        (["Diversion: <<<>>>,,,"], None),
        (["Diversion:"], None),
    ],
)
def test_who_was_called_first(headers: list[str], first: Party | None) -> None:
    assert diverted_by(invite(*headers)) == first


@pytest.mark.parametrize(
    ("header", "at_once"),
    [
        ("Call-Info: <sip:h>;answer-after=0", True),
        ("Call-Info: <sip:h>; Answer-After = 0 ;x", True),
        ("Call-Info: <http://h/a.jpg>;purpose=icon, <sip:h>;answer-after=0", True),
        ("Alert-Info: <http://h>;info=alert-autoanswer;delay=0", True),
        ('Alert-Info: <http://h>;info="Auto Answer"', True),
        ("Alert-Info: <sip:h>;info=intercom", True),
        ("Answer-Mode: Auto", True),
        ("Answer-Mode: auto;require", True),
        ("Priv-Answer-Mode: Auto", True),
        ("Call-Info: <sip:h>;answer-after=5", False),
        ("Call-Info: <sip:h;answer-after=0>x", False),
        ("Alert-Info: <http://h>;info=alert-external", False),
        ("Answer-Mode: Manual", False),
        ("Answer-Mode: Automatic", False),
        ("Subject: x;answer-after=0", False),
    ],
)
def test_whether_it_wants_to_be_answered_at_once(header: str, at_once: bool) -> None:
    assert answer_at_once(invite(header)) is at_once


@given(st.text(max_size=400))
def test_whatever_stands_in_the_headers_it_is_read_without_a_fault(text: str) -> None:
    message = invite(f"Diversion: {text}", f"Call-Info: {text}", f"Answer-Mode: {text}")
    party = diverted_by(message)
    assert party is None or (0 < len(party.number) <= 64 and party.number.isprintable())
    assert answer_at_once(message) in {True, False}


def test_a_header_made_to_be_slow_is_read_in_a_moment() -> None:
    message = invite("Diversion: " + '"\\' * 20_000, "Call-Info: " + ";answer-after" * 4_000)
    assert diverted_by(message) is None
    assert not answer_at_once(message)
