"""What is read from foreign SIP messages, and what may be dialled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.calls import Party
from bridge.protocols.sip_text import (
    BadAddress,
    caller_of,
    connected_party,
    dialled_user,
    digits,
    header_of,
    host_port,
    longest_ptime_ms,
    own_uri,
    party_of,
    target_uri,
    user_of,
)

INVITE = (
    "INVITE sip:200@192.0.2.9:5060;ob SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
    'f:  "Doe, \\"Jo\\"\\\\"\r\n\t<sip:+4930123@pbx.test;user=phone>;tag=x\r\n'
    "To: <sip:200@pbx.test>\r\n"
    "\r\n"
    "v=0\r\nFrom: <sip:body@x>\r\na=ptime:20\r\na=maxptime:40\r\n"
)


@pytest.mark.parametrize(
    ("header", "number", "name"),
    [
        ("<sip:200@pbx.test>;tag=1", "200", ""),
        ("sip:200@pbx.test;tag=1", "200", ""),
        ('"Zoë" <sip:200@pbx.test>', "200", "Zoë"),
        ("Jo Doe <sips:jo@pbx.test>", "jo", "Jo Doe"),
        ('"a <b> c" <sip:1@x>', "1", "a <b> c"),
        ('"<sip:fake@x>" <sip:real@y>', "real", "<sip:fake@x>"),
        ('"q\\"uote" <sip:1@x>', "1", 'q"uote'),
        ("<tel:+49-30-1>", "+49-30-1", ""),
        ("<sip:%23%31@x>", "#1", ""),
        ("<sip:user:secret@x>", "user", ""),
        ("<sip:pbx.test>", "", ""),
        ('"unclosed <sip:5@x>', "5", '"unclosed'),
        ('"bell\x07" <sip:5\x1b@x>', "5?", "bell?"),
        ("", "", ""),
        ("garbage", "", ""),
        ('"' + "n" * 500 + '" <sip:' + "1" * 500 + "@x>", "1" * 64, "n" * 64),
    ],
)
def test_who_a_header_names(header: str, number: str, name: str) -> None:
    assert party_of(header) == Party(number, name)


def test_a_folded_compact_header_is_read_and_the_body_is_not() -> None:
    assert caller_of(INVITE, trust_identity=False) == Party("+4930123", 'Doe, "Jo"\\')
    assert header_of(INVITE, "FROM").startswith('"Doe')
    assert header_of(INVITE, "Subject") == ""


PAI = INVITE.replace("To:", "P-Asserted-Identity: <sip:17@pbx.test>\r\nTo:")


def test_the_asserted_identity_counts_only_from_our_pbx() -> None:
    assert caller_of(PAI, trust_identity=True) == Party("17", 'Doe, "Jo"\\')
    assert caller_of(PAI, trust_identity=False).number == "+4930123"


@pytest.mark.parametrize(
    ("headers", "party"),
    [
        ('P-Asserted-Identity: "Cleo" <sip:202@pbx.test>', Party("202", "Cleo")),
        ("P-Asserted-Identity: <sip:202@pbx.test>, <tel:+4989202>", Party("202")),
        ('Remote-Party-ID: "Cleo" <sip:202@x>;party=called;privacy=off', Party("202", "Cleo")),
        ("Remote-Party-ID: <sip:202@x>;party=called;privacy=full", None),
        ("P-Asserted-Identity: <sip:202@x>\r\nPrivacy: id;critical", None),
        ("P-Asserted-Identity: <sip:202@x>\r\nPrivacy: none", Party("202")),
        ('P-Asserted-Identity: "Anonymous" <sip:anonymous@anonymous.invalid>', None),
        ("From: <sip:202@x>", None),
    ],
)
def test_whom_the_pbx_has_connected(headers: str, party: Party | None) -> None:
    assert connected_party(f"SIP/2.0 200 OK\r\n{headers}\r\n\r\n") == party


def test_a_caller_without_a_name_is_unknown() -> None:
    assert caller_of("INVITE sip:2@x SIP/2.0\r\n\r\n", trust_identity=False) == Party("unknown")


def test_whom_the_caller_wants() -> None:
    assert dialled_user(INVITE) == "200"
    assert dialled_user("INVITE sip:192.0.2.9 SIP/2.0\r\n\r\n") == ""
    assert dialled_user("") == ""


@pytest.mark.parametrize(
    ("sdp", "longest"),
    [
        ("", 0),
        ("a=ptime:20\r\n", 20),
        ("a=maxptime:150\r\na=ptime:20\r\n", 20),
        ("A=PTIME: 1000\r\n", 1000),
        ("a=ptime:99999999999999999999\r\n", 999_999_999),
        ("a=ptime:x\r\n", 0),
    ],
)
def test_the_longest_packet_time(sdp: str, longest: int) -> None:
    assert longest_ptime_ms(f"INVITE sip:1@x SIP/2.0\r\n\r\nv=0\r\n{sdp}") == longest


@given(st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    party = caller_of(text, trust_identity=True)
    assert party.number.isprintable()
    assert len(party.number) <= 64
    assert len(party.name) <= 64
    assert longest_ptime_ms(text) >= 0
    assert len(dialled_user(text)) <= len(text)


@pytest.mark.parametrize(
    ("target", "uri"),
    [
        ("200", "sip:200@pbx.test"),
        ("+49 (30) 123-45/6", "sip:+49301234 56@pbx.test".replace(" ", "")),
        ("tel:+49-30-1", "sip:+49301@pbx.test"),
        ("*78", "sip:*78@pbx.test"),
        ("**201", "sip:**201@pbx.test"),
        ("#1", "sip:%231@pbx.test"),
        ("jo.doe", "sip:jo.doe@pbx.test"),
        (" 200 ", "sip:200@pbx.test"),
        ("SIP:jo@192.0.2.1:5070", "sip:jo@192.0.2.1:5070"),
        ("sip:192.0.2.1", "sip:192.0.2.1"),
        ("sips:a%20b@x.test;transport=tls", "sips:a%20b@x.test;transport=tls"),
    ],
)
def test_what_is_dialled(target: str, uri: str) -> None:
    assert target_uri(target, "pbx.test") == uri


def test_a_transport_is_added_once() -> None:
    assert target_uri("sip:1@192.0.2.1", "", "tcp") == "sip:1@192.0.2.1;transport=tcp"
    assert target_uri("sip:1@x;transport=udp", "", "tcp") == "sip:1@x;transport=udp"


@given(st.text(max_size=300))
def test_what_is_dialled_never_holds_what_ends_a_header(target: str) -> None:
    try:
        uri = target_uri(target, "pbx.test")
    except BadAddress as e:
        uri = str(e).partition(", found")[0].replace(" ", "")  # must be as harmless
    assert uri.isascii()
    assert uri.isprintable()
    assert not set(uri) & set('<>"? \\')


@pytest.mark.parametrize("keys", ["1", "0123456789*#ABCD", "a", "9" * 32])
def test_digits(keys: str) -> None:
    assert digits(keys) == keys.upper()


@pytest.mark.parametrize("host", ["[::1]", "a b", "", "x;lr", "-a", "a" * 200, "h:123456", "h\r\n"])
def test_a_server_that_is_no_host(host: str) -> None:
    with pytest.raises(BadAddress, match="expected a host name or IPv4 address"):
        host_port(host)


def test_our_own_address_cannot_be_broken_out_of() -> None:
    assert own_uri("2 00", "pbx.test", 'A "B" \r\n') == '"A \\"B\\" ??" <sip:2%2000@pbx.test>'
    assert own_uri("200", "pbx.test") == "<sip:200@pbx.test>"


def test_the_user_of_an_address() -> None:
    assert user_of("sip:200@x") == "200"
    assert user_of("mailto:a@b") == ""
