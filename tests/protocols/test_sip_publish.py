"""Publishing dialog state: one request at a time, tags kept, lamps that end."""

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.protocols.dialog_info import ShownDialog
from bridge.protocols.sip_digest import credentials, read_challenges
from bridge.protocols.sip_publish import (
    AGAIN_S,
    ANSWER_S,
    ENDED_S,
    EXPIRES_S,
    LATER_S,
    Identity,
    Publication,
    read_answer,
)

ME = Identity("sip:200@pbx.test", "200", "secret", "UDP 127.0.0.1:5062")
RINGS = ShownDialog("c1", "early", is_initiator=False)
TALKS = ShownDialog("c1", "confirmed", is_initiator=False)
OTHER = ShownDialog("c2", "confirmed", is_initiator=True, is_held=True)
NAMESPACE = "{urn:ietf:params:xml:ns:dialog-info}"


def publication() -> Publication:
    numbers = itertools.count()
    return Publication(ME, lambda: f"id{next(numbers)}")


def header(request: bytes, name: str) -> str:
    found = re.search(rf"^{name}: (.*?)\r$", request.decode(), re.MULTILINE)
    return found[1] if found else ""


def dialogs(request: bytes) -> list[tuple[str, str | None]]:
    root = ET.fromstring(request.partition(b"\r\n\r\n")[2])  # noqa: S314  # our own
    return [(d.get("id", ""), d.findtext(f"{NAMESPACE}state")) for d in root]


def answer(request: bytes, status: int, *more: str) -> bytes:
    lines = [f"SIP/2.0 {status} Words", f"Via: {header(request, 'Via')}", *more, "", ""]
    return "\r\n".join(lines).encode()


def ok(request: bytes, tag: str = "t1") -> bytes:
    return answer(request, 200, f"SIP-ETag: {tag}", f"Expires: {header(request, 'Expires')}")


def sent(one: Publication, now_s: float = 0.0) -> bytes:
    request = one.take(now_s)
    assert request is not None
    return request


def told(one: Publication, *wanted: ShownDialog, now_s: float = 0.0, tag: str = "t1") -> bytes:
    one.want(wanted)
    request = sent(one, now_s)
    one.receive(ok(request, tag), now_s)
    return request


def test_a_free_user_is_not_published() -> None:
    assert publication().take(0) is None


def test_a_call_is_published_without_a_tag_and_then_under_it() -> None:
    one = publication()
    first = told(one, RINGS)
    assert header(first, "SIP-If-Match") == ""
    assert dialogs(first) == [("c1", "early")]
    assert one.is_told
    assert one.take(1) is None
    second = told(one, TALKS, now_s=1, tag="t2")
    assert header(second, "SIP-If-Match") == "t1"
    assert header(told(one, TALKS, OTHER, now_s=2), "SIP-If-Match") == "t2"


def test_nothing_of_the_other_end_is_in_the_document() -> None:
    assert b"remote" not in told(publication(), TALKS)


def test_a_held_call_says_so() -> None:
    assert b"+sip.rendering" in told(publication(), OTHER)


def test_two_requests_are_never_under_way() -> None:
    one = publication()
    one.want((RINGS,))
    first = sent(one)
    one.want((TALKS,))
    assert one.take(1) is None
    one.receive(ok(first), 1)
    assert dialogs(sent(one, 1)) == [("c1", "confirmed")]


def test_the_end_is_published_for_a_short_time_and_the_next_call_begins_anew() -> None:
    one = publication()
    told(one, TALKS)
    last = told(one, now_s=1)
    assert dialogs(last) == [("c1", "terminated")]
    assert header(last, "Expires") == str(ENDED_S)
    assert header(last, "SIP-If-Match") == "t1"
    assert one.take(1000) is None
    assert header(told(one, RINGS, now_s=1001), "SIP-If-Match") == ""


def test_one_of_two_calls_ends() -> None:
    one = publication()
    told(one, TALKS, OTHER)
    assert dialogs(told(one, OTHER, now_s=1)) == [("c2", "confirmed"), ("c1", "terminated")]


def test_a_long_call_is_published_again_before_its_time_is_up() -> None:
    one = publication()
    told(one, TALKS)
    due_s = one.next_s(0)
    assert due_s is not None
    assert due_s < EXPIRES_S
    assert one.take(due_s - 1) is None
    again = sent(one, due_s)
    assert header(again, "SIP-If-Match") == "t1"
    assert dialogs(again) == [("c1", "confirmed")]


@pytest.mark.parametrize(
    ("status", "asks", "proves"),
    [
        (401, "WWW-Authenticate", "Authorization"),
        (407, "Proxy-Authenticate", "Proxy-Authorization"),
    ],
)
def test_a_challenge_is_answered_once(status: int, asks: str, proves: str) -> None:
    one = publication()
    one.want((RINGS,))
    first = sent(one)
    challenge = f'{asks}: Digest realm="pbx.test", nonce="n", qop="auth"'
    one.receive(answer(first, status, challenge), 0)
    second = sent(one)
    assert 'username="200"' in header(second, proves)
    assert header(second, "CSeq") == "2 PUBLISH"
    one.receive(answer(second, status, challenge), 0)
    assert one.take(1) is None
    assert "401" in one.trouble or "407" in one.trouble


def test_a_forgotten_tag_begins_a_new_document() -> None:
    one = publication()
    told(one, RINGS)
    one.want((TALKS,))
    one.receive(answer(sent(one), 412), 0)
    again = sent(one)
    assert header(again, "SIP-If-Match") == ""
    assert dialogs(again) == [("c1", "confirmed")]


def test_a_longer_life_is_taken_if_the_server_insists() -> None:
    one = publication()
    one.want((RINGS,))
    one.receive(answer(sent(one), 423, "Min-Expires: 600"), 0)
    assert header(sent(one), "Expires") == "600"


@pytest.mark.parametrize(
    ("status", "pause_s"), [(489, LATER_S), (500, AGAIN_S), (412, AGAIN_S), (423, AGAIN_S)]
)
def test_a_server_that_does_not_want_it_is_told_of_once_and_left_alone(
    status: int, pause_s: float
) -> None:
    one = publication()
    one.want((RINGS,))
    one.receive(answer(sent(one), status), 0)
    assert f"SIP {status}" in one.trouble
    assert one.take(pause_s - 1) is None
    request = sent(one, pause_s)
    one.receive(ok(request), pause_s)
    assert one.trouble == ""


def test_without_an_answer_it_is_tried_again_later() -> None:
    one = publication()
    one.want((RINGS,))
    sent(one)
    assert one.next_s(0) == ANSWER_S
    assert one.take(ANSWER_S) is None
    assert "no answer" in one.trouble
    assert sent(one, ANSWER_S + AGAIN_S)


def test_an_answer_to_something_else_changes_nothing() -> None:
    one = publication()
    one.want((RINGS,))
    request = sent(one)
    one.receive(ok(request.replace(b"z9hG4bK", b"z9hG4bKx")), 0)
    one.receive(answer(request, 100), 0)
    assert not one.is_told
    one.receive(ok(request), 0)
    assert one.is_told


@given(st.binary(max_size=400))
def test_no_bytes_of_a_stranger_raise(data: bytes) -> None:
    one = publication()
    one.want((RINGS,))
    sent(one)
    one.receive(data, 0)
    one.receive(b"SIP/2.0 401 x\r\n" + data, 0)
    read_answer(b"SIP/2.0 200 x\r\n" + data)
    read_challenges([data.decode(errors="replace")])


# -- digest: the example of RFC 2617 section 3.5, and that of RFC 7616 section 3.9.1 -------------

RFC_2617 = (
    'Digest realm="testrealm@host.com", qop="auth,auth-int", '
    'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"'
)
RFC_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", '
    'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)


@pytest.mark.parametrize(
    ("challenge", "password", "cnonce", "response"),
    [
        (RFC_2617, "Circle Of Life", "0a4f113b", "6629fae49393a05397450978507c4ef1"),
        (
            RFC_7616,
            "Circle of Life",
            "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
        ),
    ],
)
def test_the_examples_of_the_rfcs(
    challenge: str, password: str, cnonce: str, response: str
) -> None:
    read = read_challenges([challenge])
    assert read is not None
    said = credentials(read, "Mufasa", password, "GET", "/dir/index.html", cnonce)
    assert f'response="{response}"' in said


def test_the_stronger_of_two_challenges_is_answered() -> None:
    read = read_challenges(['Digest realm="a", nonce="n"', RFC_7616, "Basic realm=x"])
    assert read is not None
    assert read.algorithm == "SHA-256"
