"""Where the other end may send us, and where not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.engine import AccountSettings
from bridge.model.ids import AccountId
from bridge.protocols.sip_sent_on import address_sent_to, host_of, is_emergency
from bridge.protocols.sip_text import BadAddress, codec_first, number_to_show

PBX = AccountSettings(AccountId("a"), "200", "pbx.example:5070")
PEER = AccountSettings(AccountId("a"), "200", transfers=True)
HOSTS = {"pbx.example", "192.0.2.1"}


@pytest.mark.parametrize(
    "uri",
    [
        "sip:202@pbx.example",
        "<sip:202@PBX.example:5070;transport=tcp>",
        '"Ann" <sip:202@192.0.2.1>',
        "<sip:202@pbx.example?Replaces=a%40b%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        "<sip:202@pbx.example;ob?Require=replaces&Replaces=a%3Bto-tag%3D1%3Bfrom-tag%3D2>",
        "sip:2112@pbx.example",
    ],
)
def test_within_the_pbx(uri: str) -> None:
    assert address_sent_to(uri, PBX, HOSTS, may_replace=True).startswith("sip:")


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("sip:202@evil.example", "past the PBX"),
        ("sip:112@pbx.example", "emergency"),
        ("sip:+112@pbx.example", "emergency"),
        ("sip:0112@pbx.example", "emergency"),
        ("sip:%31%31%30@pbx.example", "emergency"),
        ("sip:*31%23112@pbx.example", "star code"),
        ("sip:*72112@pbx.example", "star code"),
        ("sip:202@pbx.example?Route=x", "headers"),
        ("sip:202@pbx.example?Replaces=a&From=b", "headers"),
        ("tel:202", "no SIP address"),
        ("sip:", "no SIP address"),
        ("<sip:a@pbx.example><sip:b@pbx.example>", "no SIP address"),
        ("sip:202@pbx.example\r\nX: y", "no SIP address"),
        ("sip:" + "1" * 600 + "@pbx.example", "no SIP address"),
    ],
)
def test_elsewhere(uri: str, why: str) -> None:
    with pytest.raises(BadAddress, match=why):
        address_sent_to(uri, PBX, HOSTS, may_replace=True)


def test_only_a_refer_may_ask_for_the_place_of_a_call() -> None:
    with pytest.raises(BadAddress, match="headers"):
        address_sent_to("sip:2@pbx.example?Replaces=a", PBX, HOSTS, may_replace=False)


@pytest.mark.parametrize(("host", "fine"), [("192.0.2.7", True), ("name.example", False)])
def test_without_a_server_only_addresses_are_called(host: str, fine: bool) -> None:
    if not fine:
        with pytest.raises(BadAddress, match="IPv4"):
            address_sent_to(f"sip:2@{host}", PEER, set(), may_replace=True)
    else:
        assert address_sent_to(f"sip:2@{host}", PEER, set(), may_replace=True)


@given(st.text(max_size=300))
def test_nonsense_is_refused_and_never_a_fault(text: str) -> None:
    with pytest.raises(BadAddress):
        address_sent_to("?" + text, PBX, HOSTS, may_replace=True)


def test_extensions_that_end_like_an_emergency_number_are_none() -> None:
    assert not is_emergency("5112", PBX)
    assert is_emergency("911#", PBX)


def test_host() -> None:
    assert host_of("sip:a@h:5060;x=y") == "h"
    assert host_of("sip:h") == "h"


SDP = (
    "v=0\r\nm=audio 4000 RTP/SAVP 9 8 0 101\r\na=rtpmap:9 G722/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:101 telephone-event/8000\r\n"
)


def test_the_codec_in_use_comes_first() -> None:
    assert "m=audio 4000 RTP/SAVP 8 9 0 101\r\na=rtpmap:9" in codec_first(SDP, "PCMA")


@pytest.mark.parametrize("codec", ["G722", "OPUS", ""])
def test_an_offer_without_that_codec_stays_as_it_is(codec: str) -> None:
    assert codec_first(SDP, codec) == SDP


@pytest.mark.parametrize(("text", "number"), [("+49 89/12-3", "+4989123"), (" 200 ", "200")])
def test_a_number_to_show(text: str, number: str) -> None:
    assert number_to_show(text) == number
