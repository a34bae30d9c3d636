"""What desk phones tell: paths, queries and the XML of Poly phones."""

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.model.calls import Party
from bridge.model.phones import NOBODY, Happening, PhoneEvent, Refused
from bridge.protocols.phone_events import Addressed, read_event, read_path
from bridge.protocols.phone_xml import LARGEST_BYTES, read_notification

OFFERING = b"""<CallStateChangeEvent CallReference="2" CallState="Offering">
<PhoneIP>172.29.101.24</PhoneIP><MACAddress>00907a13b900</MACAddress><LineNumber>2</LineNumber>
<TimeStamp>2015-07-14T14:37:33-0600</TimeStamp>
<CallLineInfo><LineKeyNum>2</LineKeyNum><LineDirNum>4547</LineDirNum><LineState>OK</LineState>
<CallInfo><CallState>Connected</CallState><CallType>Outgoing</CallType>
<CalledPartyDirNum>4599</CalledPartyDirNum><CallReference>1</CallReference></CallInfo>
<CallInfo><CallState>Offering</CallState><CallType>Incoming</CallType>
<CalledPartyName>4547</CalledPartyName><CalledPartyDirNum>4547</CalledPartyDirNum>
<CallingPartyName>Anna</CallingPartyName><CallingPartyDirNum>sip:4520@pbx</CallingPartyDirNum>
<CallReference>2</CallReference><CallDuration>0</CallDuration></CallInfo></CallLineInfo>
</CallStateChangeEvent >"""


# -- paths and queries --------------------------------------------------------


def test_a_path_names_phone_token_and_event() -> None:
    assert read_path("/phone/desk/s3cret/ringing") == Addressed("desk", "s3cret", "ringing")


@pytest.mark.parametrize(
    ("path", "refused"),
    [
        ("/", Refused.NO_SUCH_PATH),
        ("/phone/desk/token", Refused.NO_SUCH_PATH),
        ("/phone/desk/token/ringing/", Refused.NO_SUCH_PATH),
        ("/kiosk/desk/token/ringing", Refused.NO_SUCH_PATH),
        ("//phone/desk/token/ringing", Refused.NO_SUCH_PATH),
        ("/phone/desk/token/" + "x" * 300, Refused.TOO_LARGE),
    ],
)
def test_other_paths_are_refused(path: str, refused: Refused) -> None:
    assert read_path(path) is refused


@pytest.mark.parametrize(
    "happening", [one for one in Happening if one not in {Happening.KEY, Happening.LONG_KEY}]
)
def test_every_happening_has_a_word(happening: Happening) -> None:
    assert read_event(happening.value, "") == PhoneEvent(happening)


@pytest.mark.parametrize(
    ("query", "event"),
    [
        (
            "call=33093&remote=sip:201@pbx.example&name=Anna%20B",
            PhoneEvent(Happening.RINGING, "33093", Party("201", "Anna B")),
        ),
        ("remote=%22Anna%22%20%3Csip:201@pbx%3E", PhoneEvent(Happening.RINGING, "", Party("201"))),
        (
            "remote=sip:+4989123@pbx;user=phone",
            PhoneEvent(Happening.RINGING, "", Party("+4989123")),
        ),
        ("remote=%2B4989123", PhoneEvent(Happening.RINGING, "", Party("+4989123"))),
        ("call=$call_id&remote=$remote", PhoneEvent(Happening.RINGING)),
        ("call=&mac=00:15:65:00:00:01&&x", PhoneEvent(Happening.RINGING)),
        ("call=a&call=b", PhoneEvent(Happening.RINGING, "a")),
        ("name=a%0Ab%ff", PhoneEvent(Happening.RINGING, "", Party("", "a?b�"))),
    ],
)
def test_a_query_names_call_and_other_end(query: str, event: PhoneEvent) -> None:
    assert read_event("ringing", query) == event


def test_a_key_has_a_name() -> None:
    assert read_event("key", "key=P1") == PhoneEvent(Happening.KEY, key="P1")


@pytest.mark.parametrize(
    ("word", "query", "refused"),
    [
        ("dance", "", Refused.UNKNOWN_EVENT),
        ("Ringing", "", Refused.UNKNOWN_EVENT),
        ("xml", "", Refused.UNKNOWN_EVENT),
        ("key", "", Refused.BAD_QUERY),
        ("long-key", "key=$longpress_key", Refused.BAD_QUERY),
        ("ringing", "&".join(["a=b"] * 17), Refused.BAD_QUERY),
        ("ringing", "call=" + "x" * 2048, Refused.TOO_LARGE),
    ],
)
def test_what_is_no_event_is_refused(word: str, query: str, refused: Refused) -> None:
    assert read_event(word, query) is refused


@given(st.text(max_size=80), st.text(max_size=300))
@example("ringing", "call=%")
@example("ringing", "=")
def test_no_path_and_no_query_makes_an_exception(path: str, query: str) -> None:
    assert isinstance(read_path(path), Addressed | Refused)
    assert isinstance(read_event("ringing", query), PhoneEvent | Refused)


@given(st.text(max_size=100))
def test_whatever_a_phone_fills_in_comes_out_printable_and_short(text: str) -> None:
    event = read_event("ringing", f"call={quote(text)}&name={quote(text)}&remote={quote(text)}")
    assert isinstance(event, PhoneEvent)
    for said in (event.call, event.remote.name, event.remote.number):
        assert len(said) <= 128
        assert not said or said.isprintable()


# -- the XML of Poly phones ---------------------------------------------------


def test_an_offered_call_names_its_caller() -> None:
    (event,) = told(OFFERING)
    assert event == PhoneEvent(Happening.RINGING, "2", Party("4520", "Anna"))


def test_the_frame_of_older_phones_is_taken_off() -> None:
    assert told(b"<PolycomIPPhone>" + OFFERING + b"</PolycomIPPhone>") == told(OFFERING)


@pytest.mark.parametrize(
    ("state", "happening"),
    [
        ("Setup", Happening.DIALING),
        ("RingBack", Happening.RINGBACK),
        ("Ringback", Happening.RINGBACK),
        ("Connected", Happening.CONNECTED),
        ("CallHold", Happening.HELD),
        ("Held", Happening.REMOTE_HELD),
        ("Disconnected", Happening.ENDED),
        ("Free", Happening.ENDED),
    ],
)
def test_each_state_of_a_call_happens(state: str, happening: Happening) -> None:
    xml = f'<CallStateChangeEvent CallReference="7" CallState="{state}"/>'.encode()
    assert told(xml) == (PhoneEvent(happening, "7"),)


@pytest.mark.parametrize(
    ("name", "happening"),
    [
        ("OffHookEvent", Happening.OFF_HOOK),
        ("OnHookEvent", Happening.ON_HOOK),
        ("LineRegistrationEvent", Happening.REGISTERED),
        ("LineUnregistrationEvent", Happening.UNREGISTERED),
    ],
)
def test_other_events_happen_without_a_call(name: str, happening: Happening) -> None:
    assert told(f"<{name}><LineNumber>1</LineNumber></{name}>".encode()) == (PhoneEvent(happening),)


@pytest.mark.parametrize(
    "xml",
    [
        b"<IncomingCallEvent><CallingPartyNumber>201</CallingPartyNumber></IncomingCallEvent>",
        b'<CallStateChangeEvent CallReference="7" CallState="Dialtone"/>',
        b'<CallStateChangeEvent CallReference="7"/>',
        b"<SomethingNew/>",
    ],
)
def test_what_says_nothing_of_a_call_gives_nothing(xml: bytes) -> None:
    assert told(xml) == ()


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"call=1",
        b"<OffHookEvent>",
        b"<a></b>",
        b'<!DOCTYPE a [<!ENTITY b "bbbb">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>&b;</a>",
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        b'<?xml version="1.0" encoding="utf-7"?><a/>',
        b"<a>" * 9 + b"</a>" * 9,
        b"<a>" + b"<b/>" * 256 + b"</a>",
        b"\xff\xfe<",
    ],
)
def test_what_no_phone_sends_is_refused_unread(xml: bytes) -> None:
    assert read_notification(xml) is Refused.BAD_XML


def test_a_document_beyond_all_measure_is_refused() -> None:
    assert read_notification(b"<a>" + b" " * LARGEST_BYTES + b"</a>") is Refused.TOO_LARGE


@given(st.binary(max_size=400))
def test_no_document_makes_an_exception(body: bytes) -> None:
    assert isinstance(read_notification(body), tuple | Refused)


@given(st.integers(0, len(OFFERING) - 1), st.integers(0, 255))
def test_no_damaged_document_makes_an_exception(place: int, byte: int) -> None:
    for body in (OFFERING[:place], OFFERING[:place] + bytes([byte]) + OFFERING[place + 1 :]):
        assert isinstance(read_notification(body), tuple | Refused)


def told(xml: bytes) -> tuple[PhoneEvent, ...]:
    events = read_notification(xml)
    assert isinstance(events, tuple)
    assert all(event.remote is not None for event in events)
    return events


def test_nobody_is_one_value() -> None:
    assert read_event("ringing", "remote=&name=") == PhoneEvent(Happening.RINGING, "", NOBODY)
