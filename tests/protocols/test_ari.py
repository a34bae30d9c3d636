"""Who calls whom, as a live Asterisk said it over ARI."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.asterisk import DialPlan
from bridge.model.blf import Extension, LineFact, LineState
from bridge.model.calls import Direction, Party
from bridge.protocols.ari import EVENT_LIMIT, AriCalls
from bridge.protocols.pbx_states import Refusal
from tests.asterisk.ari_recording import ari_recording

IN, OUT = Direction.INCOMING, Direction.OUTGOING
ANNA, BEN, CLEO, DORA = (Party(number, f"Ext {number}") for number in ("200", "201", "202", "203"))
CODE, QUEUE = Party("**201"), Party("500")

Seen = tuple[LineState, Direction | None, Party | None]


def calls_after(*titles: str) -> AriCalls:
    calls = AriCalls(DialPlan())
    for title in titles:
        for event in ari_recording().events[title]:
            assert not isinstance(calls.feed(event), Refusal)
    return calls


def seen(calls: AriCalls, extension: str, state: LineState) -> Seen:
    line = calls.refine(LineFact(Extension(extension), state))
    return line.state, line.direction, line.peer


@pytest.mark.parametrize(
    ("titles", "extension", "hint", "shown"),
    [
        (("ring",), "200", LineState.BUSY, (LineState.DIALING, OUT, BEN)),
        (("ring",), "201", LineState.RINGING, (LineState.RINGING, IN, ANNA)),
        (("ring",), "202", LineState.FREE, (LineState.FREE, None, None)),
        (("ring", "answer"), "200", LineState.BUSY, (LineState.BUSY, OUT, BEN)),
        (("ring", "answer", "hold"), "201", LineState.HELD, (LineState.HELD, IN, ANNA)),
        (("ring", "answer", "hangup"), "201", LineState.BUSY, (LineState.BUSY, None, None)),
        (("pick-up",), "202", LineState.BUSY, (LineState.BUSY, IN, ANNA)),
        (("pick-up",), "200", LineState.BUSY, (LineState.BUSY, OUT, Party("202", "Ext 202"))),
        (("originate",), "203", LineState.BUSY, (LineState.BUSY, OUT, BEN)),
        (("originate",), "201", LineState.BUSY, (LineState.BUSY, IN, Party("203", "203"))),
        (("queue",), "201", LineState.BUSY, (LineState.BUSY, IN, ANNA)),
        (("queue",), "200", LineState.BUSY, (LineState.BUSY, OUT, BEN)),
    ],
)
def test_a_line_tells_with_whom_it_is(
    titles: tuple[str, ...], extension: str, hint: LineState, shown: Seen
) -> None:
    assert seen(calls_after(*titles), extension, hint) == shown


def test_a_telephone_that_is_rung_to_call_somebody_is_called_by_nobody() -> None:
    calls = AriCalls(DialPlan())
    for event in ari_recording().events["originate"][:8]:
        calls.feed(event)
    assert seen(calls, "203", LineState.RINGING) == (LineState.RINGING, IN, None)


def test_what_was_dialled_is_shown_until_somebody_is_reached() -> None:
    calls = AriCalls(DialPlan())
    created = [one for one in ari_recording().events["queue"] if "ChannelCreated" in one]
    calls.feed(created[0])
    assert seen(calls, "200", LineState.BUSY) == (LineState.DIALING, OUT, QUEUE)


def test_who_picks_up_is_with_the_caller_at_once() -> None:
    calls = AriCalls(DialPlan())
    events = ari_recording().events["pick-up"]
    told = [seen(calls, "202", LineState.BUSY)[2] for one in events if calls.feed(one) == {"202"}]
    assert told[:2] == [CODE, ANNA]


def test_since_when_is_told_by_the_state() -> None:
    calls = calls_after("ring", "answer", "hold")
    line = calls.refine(LineFact(Extension("200"), LineState.BUSY))
    assert line.since_ms == 1_795_341_522_567


@pytest.mark.parametrize("moment", ["ringing", "up", "picked-up"])
def test_the_list_of_channels_says_the_same_as_the_events_before(moment: str) -> None:
    titles = {"ringing": ("ring",), "up": ("ring", "answer"), "picked-up": ("pick-up",)}[moment]
    heard, listed = calls_after(*titles), AriCalls(DialPlan())
    assert not isinstance(listed.begin(ari_recording().channels[moment].encode()), Refusal)
    for extension in ("200", "201", "202"):
        for state in (LineState.BUSY, LineState.RINGING):
            assert seen(listed, extension, state) == seen(heard, extension, state)


def test_a_new_list_takes_the_place_of_what_was_heard() -> None:
    calls = calls_after("ring")
    assert calls.begin(b"[]") == {"200", "201"}
    assert seen(calls, "201", LineState.RINGING) == (LineState.RINGING, None, None)
    assert calls_after("ring").forget() == {"200", "201"}


@pytest.mark.parametrize("event", ["{}", '{"type":[]}', '{"type":"Dial","channel":7}'])
def test_events_about_something_else_are_passed_over(event: str) -> None:
    assert AriCalls(DialPlan()).feed(event) == set()


def test_a_channel_that_a_transfer_gave_away_is_no_longer_ours() -> None:
    calls = calls_after("ring", "answer")
    last = [one for one in ari_recording().events["answer"] if "PJSIP/200" in one][-1]
    assert calls.feed(last.replace("PJSIP/200-", "PJSIP/203-")) == {"200", "203"}
    assert seen(calls, "200", LineState.BUSY) == (LineState.BUSY, None, None)
    assert seen(calls, "203", LineState.BUSY) == (LineState.BUSY, OUT, BEN)
    assert calls.feed(last.replace("PJSIP/200-", "Local/x@y-")) == {"203"}


def test_channels_of_others_are_passed_over() -> None:
    calls = AriCalls(DialPlan(channel="Local/{}@phones"))
    event = ari_recording().events["ring"][0]
    assert calls.feed(event) == set()
    local = event.replace("PJSIP/200-00000027", "Local/200@phones-00000027;1")
    assert calls.feed(local) == {"200"}


@pytest.mark.parametrize(
    "event",
    [
        "",
        "[]",
        "x" * (EVENT_LIMIT + 1),
        '{"type":"ChannelCreated"}',
        '{"type":"ChannelCreated","channel":[]}',
        '{"type":"ChannelCreated","channel":{"id":1,"name":"PJSIP/200-1"}}',
        '{"type":"ChannelCreated","channel":{"id":"1","name":"PJSIP/200-1","state":7}}',
        '{"type":"ChannelDestroyed","channel":{}}',
        '{"type":"ChannelCreated","channel":{"id":"1","name":"PJSIP/200-1"}}',
    ],
)
def test_what_is_no_event_is_refused(event: str) -> None:
    assert isinstance(AriCalls(DialPlan()).feed(event), Refusal)


@pytest.mark.parametrize("answer", [b"", b"{}", b"[1]", b"[],[]", b'[{"id":"1"}]'])
def test_what_is_no_list_of_channels_is_refused(answer: bytes) -> None:
    assert isinstance(AriCalls(DialPlan()).begin(answer), Refusal)


_ODD: st.SearchStrategy[object] = st.sampled_from(
    [
        *(None, True, 7, "", "x" * 300, "\x00", [], {}, {"number": 7}, {"number": "7", "name": []}),
        *({"app_name": []}, {"exten": {}}, "2026-11-22T09:58:42.209+0000", "9999-99-99"),
    ]
)
_MEMBERS = ["state", "connected", "dialplan", "creationtime", "name", "id"]


@given(st.dictionaries(st.sampled_from(_MEMBERS), _ODD))
def test_no_foreign_members_raise(members: dict[str, object]) -> None:
    body = json.loads(ari_recording().events["ring"][0])
    body["channel"].update(members)
    calls = AriCalls(DialPlan())
    calls.feed(json.dumps(body))
    calls.refine(LineFact(Extension("200"), LineState.BUSY))
