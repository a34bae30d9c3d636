"""Words about a transfer that PJSIP drops: linphone's, and what is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.protocols.sip_dropped import MAX_BYTES, TransferNews, transfer_news

LINPHONE = (
    "NOTIFY sip:desk@127.0.0.1:5060;ob SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:5061;branch=z9hG4bK.x;rport\r\n"
    "From: <sip:202@127.0.0.1>;tag=a\r\nTo: <sip:201@127.0.0.1>;tag=b\r\nCSeq: 112 NOTIFY\r\n"
    "Call-ID: 4hT~2x\r\nMax-Forwards: 70\r\nEvent: refer\r\n"
    "Subscription-State: terminated;reason=reason=noresource\r\n"
    "Content-Type: message/sipfrag\r\nContent-Length: 16\r\n\r\nSIP/2.0 200 Ok\r\n"
)


def test_linphones_last_word_is_understood() -> None:
    assert transfer_news(LINPHONE.encode()) == TransferNews("4hT~2x", 200, "Ok", final=True)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (("Event: refer", "o: refer;id=7"), TransferNews("4hT~2x", 200, "Ok", final=True)),
        (("Call-ID: 4hT~2x", "i:4hT~2x"), TransferNews("4hT~2x", 200, "Ok", final=True)),
        (("terminated;", "active;"), TransferNews("4hT~2x", 200, "Ok", final=False)),
        (("200 Ok", "486 Busy here"), TransferNews("4hT~2x", 486, "Busy here", final=True)),
        (("200 Ok", "603"), TransferNews("4hT~2x", 603, "", final=True)),
        (("200 Ok", "200 O\x1bk"), TransferNews("4hT~2x", 200, "O?k", final=True)),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_others_may_say_instead(said: tuple[str, str], meant: TransferNews) -> None:
    assert transfer_news(LINPHONE.replace(*said).encode()) == meant


@pytest.mark.parametrize(
    "said",
    [
        ("NOTIFY ", "INVITE "),
        ("Event: refer", "Event: reference"),
        ("Event: refer\r\n", ""),
        ("Call-ID", "X-Call-ID"),
        ("Subscription-State", "X-State"),
        ("SIP/2.0 200 Ok", "SIP/2.0 999 Ok"),
        ("SIP/2.0 200 Ok", ""),
        ("Max-Forwards: 70", "X: " + "x" * MAX_BYTES),
    ],
    ids=lambda value: value[1][:20],
)
def test_what_is_no_word_about_a_transfer_tells_nothing(said: tuple[str, str]) -> None:
    assert transfer_news(LINPHONE.replace(*said).encode()) is None


@given(st.binary(max_size=300))
def test_foreign_bytes_never_raise(rest: bytes) -> None:
    assert transfer_news(b"NOTIFY " + rest) is None or b"refer" in rest.lower()
