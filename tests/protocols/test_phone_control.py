"""Orders to desk phones, and what is to be put into them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.effects import (
    AnswerCall,
    EndCall,
    EngineOrder,
    HoldCall,
    PlaceCall,
    RecordCall,
    RejectCall,
    ResumeCall,
    SendDtmf,
    SetMicrophone,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.phones import Happening, PhoneEvent, PhoneSettings, PhoneVendor
from bridge.protocols.phone_control import (
    PhoneRequest,
    PolyCall,
    Which,
    choose,
    needs_handle,
    read_call_status,
    refusal_of,
    request_for,
)
from bridge.protocols.phone_events import Addressed, read_event, read_path
from bridge.protocols.phone_setup import settings_lines

CALL = CallId("0123456789abcdefghij")
OURS = Which("33093", alone=True)
NAMELESS = Which("", alone=True)
ONE_OF_TWO = Which("33093", alone=False)


def place(target: str) -> PlaceCall:
    return PlaceCall(CALL, AccountId("phone-desk"), target)


@pytest.mark.parametrize(
    ("vendor", "order", "which", "path"),
    [
        (PhoneVendor.YEALINK, AnswerCall(CALL), ONE_OF_TWO, "/servlet?key=ASW:33093"),
        (PhoneVendor.YEALINK, AnswerCall(CALL), NAMELESS, "/servlet?key=ASW"),
        (PhoneVendor.YEALINK, RejectCall(CALL, 486), OURS, "/servlet?key=CANCEL:33093"),
        (PhoneVendor.YEALINK, EndCall(CALL), OURS, "/servlet?key=CANCEL:33093"),
        (PhoneVendor.YEALINK, EndCall(CALL), NAMELESS, "/servlet?key=CALLEND"),
        (PhoneVendor.YEALINK, HoldCall(CALL), OURS, "/servlet?key=HOLD:33093"),
        (PhoneVendor.YEALINK, ResumeCall(CALL), OURS, "/servlet?key=UNHOLD:33093"),
        (PhoneVendor.YEALINK, place("+49#1"), OURS, "/servlet?key=number=%2B49%231"),
        (PhoneVendor.SNOM, AnswerCall(CALL), OURS, "/command.htm?key=ENTER"),
        (PhoneVendor.SNOM, EndCall(CALL), OURS, "/command.htm?key=CANCEL"),
        (PhoneVendor.SNOM, HoldCall(CALL), OURS, "/command.htm?key=F_HOLD"),
        (PhoneVendor.SNOM, SendDtmf(CALL, "1#"), OURS, "/command.htm?key_dtmf=1%23"),
        (PhoneVendor.SNOM, place("202"), OURS, "/command.htm?number=202"),
    ],
)
def test_an_order_is_one_documented_request(
    vendor: PhoneVendor, order: EngineOrder, which: Which, path: str
) -> None:
    assert request_for(vendor, order, which) == PhoneRequest("GET", path)


@pytest.mark.parametrize(
    ("order", "path", "data"),
    [
        (AnswerCall(CALL), "answerCall", {"Ref": "33093"}),
        (RejectCall(CALL, 486), "rejectCall", {"Ref": "33093"}),
        (EndCall(CALL), "endCall", {"Ref": "33093"}),
        (HoldCall(CALL), "holdCall", {"Ref": "33093"}),
        (ResumeCall(CALL), "resumeCall", {"Ref": "33093"}),
        (SendDtmf(CALL, "12"), "sendDTMF", {"digits": "12"}),
        (SetMicrophone(CALL, muted=True), "mute", {"state": "1"}),
        (SetMicrophone(CALL, muted=False), "mute", {"state": "0"}),
        (place("202"), "dial", {"Dest": "202", "Line": "1", "Type": "TEL"}),
        (place("sip:202@pbx"), "dial", {"Dest": "sip:202@pbx", "Line": "1", "Type": "SIP"}),
    ],
)
def test_poly_phones_take_json(order: EngineOrder, path: str, data: dict[str, str]) -> None:
    request = request_for(PhoneVendor.POLY, order, OURS)
    assert isinstance(request, PhoneRequest)
    assert (request.method, request.path) == ("POST", f"/api/v1/callctrl/{path}")
    assert json.loads(request.body) == {"data": data}


def test_the_account_that_dials_can_be_named() -> None:
    request = request_for(PhoneVendor.YEALINK, place("202"), NAMELESS, "201@pbx")
    assert request == PhoneRequest("GET", "/servlet?key=number=202&outgoing_uri=201@pbx")


@pytest.mark.parametrize(
    ("vendor", "order", "which", "said"),
    [
        (PhoneVendor.YEALINK, AnswerCall(CALL), Which("", alone=False), "never named this call"),
        (PhoneVendor.YEALINK, RejectCall(CALL, 486), NAMELESS, "never named this call"),
        (PhoneVendor.YEALINK, SetMicrophone(CALL, muted=True), OURS, "cannot be muted"),
        (PhoneVendor.YEALINK, SendDtmf(CALL, "1"), OURS, "cannot send digits"),
        (PhoneVendor.SNOM, AnswerCall(CALL), ONE_OF_TWO, "several calls"),
        (PhoneVendor.SNOM, RecordCall(CALL, on=True), OURS, "cannot record a call"),
        (PhoneVendor.GIGASET, AnswerCall(CALL), OURS, "no way to control Gigaset"),
        (PhoneVendor.POLY, place("202&key=Reboot"), OURS, "found 14 other characters"),
        (PhoneVendor.SNOM, place("sip:202@pbx&x=y"), OURS, "found 15 other characters"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    vendor: PhoneVendor, order: EngineOrder, which: Which, said: str
) -> None:
    answer = request_for(vendor, order, which)
    assert isinstance(answer, str)
    assert said in answer


@given(st.text(max_size=40), st.sampled_from(PhoneVendor))
def test_no_number_smuggles_a_second_command_in(target: str, vendor: PhoneVendor) -> None:
    request = request_for(vendor, place(target), OURS)
    if isinstance(request, PhoneRequest):
        query = request.path.partition("?")[2]
        assert query.count("&") == 0
        assert ";" not in query


# -- which of a Poly phone's calls is ours ------------------------------------


def test_only_orders_about_calls_of_poly_phones_need_a_handle() -> None:
    assert needs_handle(PhoneVendor.POLY, AnswerCall(CALL))
    assert not needs_handle(PhoneVendor.POLY, place("1"))
    assert not needs_handle(PhoneVendor.SNOM, AnswerCall(CALL))


@pytest.mark.parametrize(
    ("calls", "name", "number", "handle"),
    [
        ([PolyCall("0x1", "201"), PolyCall("2", "202")], "2", "202", "2"),
        ([PolyCall("0x1", "sip:201@pbx")], "2", "201", "0x1"),
        ([PolyCall("0x1", "")], "", "201", "0x1"),
        ([PolyCall("0x1", "202")], "2", "201", ""),
        ([PolyCall("0x1", "201"), PolyCall("0x2", "202")], "2", "201", ""),
        ([], "2", "201", ""),
    ],
)
def test_a_call_in_doubt_is_nobodys(
    calls: list[PolyCall], name: str, number: str, handle: str
) -> None:
    assert choose(calls, name, number) == handle


def test_the_calls_of_a_phone_are_read() -> None:
    one = {"CallHandle": "0x1", "RemotePartyNumber": "201"}
    body = {"Status": "2000", "data": [one, {"CallHandle": 3}, None]}
    assert read_call_status(json.dumps(body).encode()) == (PolyCall("0x1", "201"),)
    assert read_call_status(b'{"Status": "2000", "data": {"CallHandle": "7"}}') == (
        PolyCall("7", ""),
    )


@pytest.mark.parametrize("body", [b"", b"[", b"[]", b'{"Status": "4007"}', b"[" * 100_000])
def test_an_answer_that_is_none_is_a_refusal(body: bytes) -> None:
    assert isinstance(read_call_status(body), str)
    assert "the phone refused" in refusal_of(PhoneVendor.POLY, body)
    assert refusal_of(PhoneVendor.YEALINK, body) == ""


# -- what is put into the phone -----------------------------------------------


def lines_of(vendor: PhoneVendor) -> str:
    phone = PhoneSettings("desk", vendor, ("192.0.2.9",), "t" * 16, control="http://192.0.2.9")
    return "\n".join(settings_lines(phone, "http://192.0.2.5:8088", "192.0.2.5"))


@pytest.mark.parametrize(
    ("vendor", "line"),
    [
        (
            PhoneVendor.YEALINK,
            (
                "action_url.incoming_call = http://192.0.2.5:8088/phone/desk/tttttttttttttttt/ringing"
                "?call=$call_id&remote=$remote&name=$display_remote"
            ),
        ),
        (PhoneVendor.YEALINK, "features.action_uri_limit_ip = 192.0.2.5"),
        (
            PhoneVendor.SNOM,
            (
                '<action_hold perm="R">http://192.0.2.5:8088/phone/desk/tttttttttttttttt/held'
                "?call=$call-id&amp;remote=$remote&amp;name=$display_remote</action_hold>"
            ),
        ),
        (
            PhoneVendor.GIGASET,
            (
                '<param name="System.Events.IncomingCall" '
                'value="http://192.0.2.5:8088/phone/desk/tttttttttttttttt/ringing"/>'
            ),
        ),
        (
            PhoneVendor.POLY,
            'apps.telNotification.URL="http://192.0.2.5:8088/phone/desk/tttttttttttttttt/xml"',
        ),
        (PhoneVendor.POLY, 'apps.telNotification.callStateChangeEvent="1"'),
        (PhoneVendor.POLY, 'apps.restapi.enabled="1"'),
    ],
)
def test_a_phone_is_told_where_to_send_what(vendor: PhoneVendor, line: str) -> None:
    assert line in lines_of(vendor).splitlines()


@pytest.mark.parametrize("vendor", [PhoneVendor.YEALINK, PhoneVendor.SNOM, PhoneVendor.GIGASET])
def test_every_url_put_into_a_phone_is_one_we_understand(vendor: PhoneVendor) -> None:
    text = lines_of(vendor).replace("&amp;", "&").replace("$longpress_key", "P1")
    urls = [part.split("<")[0].split('"')[0] for part in text.split("http://192.0.2.5:8088")[1:]]
    events = []
    for url in urls:
        path, _, query = url.strip().partition("?")
        addressed = read_path(path)
        assert isinstance(addressed, Addressed)
        events.append(read_event(addressed.word, query))
    assert len(events) >= 8
    assert all(isinstance(event, PhoneEvent) for event in events)
    assert PhoneEvent(Happening.RINGING) in events


def test_a_phone_that_takes_no_orders_is_not_opened_for_them() -> None:
    phone = PhoneSettings("desk", PhoneVendor.YEALINK, ("192.0.2.9",), "t" * 16)
    assert "action_uri" not in "\n".join(settings_lines(phone, "http://us", "192.0.2.5"))
