"""A dialog in one line: read from messages, and never more than a header may hold."""

import pytest

from bridge.protocols.sip_dialog import dialog, dialog_of
from bridge.protocols.sip_text import BadAddress

ANSWER = (
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n"
    'From: "Ada; tag=no" <sip:200@pbx;tag=no>;tag=ours\r\n'
    "t: <sip:201@pbx>;x=y;tag=theirs\r\ni: k3v9@192.0.2.1\r\nCSeq: 1 INVITE\r\n\r\n"
)
ACK = ANSWER.replace("SIP/2.0 200 OK", "ACK sip:200@192.0.2.1 SIP/2.0")


def test_the_other_end_knows_its_own_tag_as_the_to_tag() -> None:
    assert dialog_of(ANSWER, from_us=True) == "k3v9@192.0.2.1;to-tag=theirs;from-tag=ours"
    assert dialog_of(ACK, from_us=False) == "k3v9@192.0.2.1;to-tag=ours;from-tag=theirs"


@pytest.mark.parametrize(
    "message",
    [
        "",
        ANSWER.replace(";tag=theirs", ""),
        ANSWER.replace("i: k3v9", "i: k3 v9"),
        ANSWER.replace("i: k3v9", "i: k3v9;to-tag=x"),
        ANSWER.replace("theirs", "a" * 200),
    ],
)
def test_a_message_without_a_whole_dialog_names_none(message: str) -> None:
    assert dialog_of(message, from_us=True) == ""


@pytest.mark.parametrize(
    "text",
    [
        "k@h;to-tag=a;from-tag=b\r\nX: y",
        "k@h;to-tag=a;from-tag=b\n",
        "k@h;to-tag=a",
        "k@h;to-tag=a;from-tag=b;early-only;x=y",
        'k@h;to-tag=a;from-tag="b"',
        "<k@h>;to-tag=a;from-tag=b",
    ],
)
def test_what_could_add_to_a_header_is_refused(text: str) -> None:
    with pytest.raises(BadAddress):
        dialog(text)


def test_a_dialog_and_nothing_pass() -> None:
    whole = "a84b4c76e66710@192.0.2.9;to-tag=1-x.~;from-tag=2"
    for text in ("", whole, f"{whole};early-only"):
        assert dialog(text) == text
