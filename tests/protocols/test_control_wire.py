"""The lines between the command and the daemon: what is said arrives, what is odd is refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.habits import HeadsetMode
from bridge.model.ids import AccountId, CallId, DeviceId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.trace import Stage, TraceEntry
from bridge.protocols.control_answers import (
    Answer,
    Refusal,
    Reply,
    Result,
    Traced,
    decode_answer,
    decode_reply,
    encode_answer,
    reply_body,
)
from bridge.protocols.control_lines import LINE_BYTES, LineSplitter
from bridge.protocols.control_wire import (
    NEVER_OVER_THE_WIRE,
    Asked,
    GetDevices,
    GetStatus,
    GiveIntent,
    OpenLink,
    Ping,
    Question,
    QuestionDecoder,
    SetMode,
    Stop,
    Unusable,
    WatchTrace,
    decode_question,
    encode_question,
)

CALL = CallId("c0ffee0123456789abcd")
LINE = AccountId("line-1")

QUESTIONS: list[Question] = [
    Ping(),
    GetStatus(),
    GetDevices(),
    WatchTrace(),
    Stop(),
    SetMode(DeviceId("0b0e-0307-1f2e3d4c"), HeadsetMode.GENERIC),
    OpenLink("tel:+49-30-1234567"),
    OpenLink("javascript:alert(1)\n"),  # the daemon refuses it, and shows why
    GiveIntent(Intent(Verb.ANSWER)),
    GiveIntent(Intent(Verb.ANSWER, call=CALL)),
    GiveIntent(Intent(Verb.REJECT, call=CALL, status=603)),
    GiveIntent(Intent(Verb.HANGUP)),
    GiveIntent(Intent(Verb.HOLD)),
    GiveIntent(Intent(Verb.RESUME)),
    GiveIntent(Intent(Verb.SWAP)),
    GiveIntent(Intent(Verb.DND_ON)),
    GiveIntent(Intent(Verb.DND_OFF)),
    GiveIntent(Intent(Verb.WAITING_ON)),
    GiveIntent(Intent(Verb.WAITING_OFF)),
    GiveIntent(Intent(Verb.LOCK)),
    GiveIntent(Intent(Verb.UNLOCK)),
    GiveIntent(Intent(Verb.SILENCE, CallId("k3v"))),
    GiveIntent(Intent(Verb.DIVERT)),
    GiveIntent(Intent(Verb.DIVERT, CallId("k3v"), "790")),
    GiveIntent(Intent(Verb.TRANSFER)),
    GiveIntent(Intent(Verb.TRANSFER, CallId("k3v"), "+49 30 1234567")),
    GiveIntent(Intent(Verb.BACK)),
    GiveIntent(Intent(Verb.CONFERENCE)),
    GiveIntent(Intent(Verb.RECORD)),
    GiveIntent(Intent(Verb.STOP_RECORDING, CallId("k3v"))),
    GiveIntent(Intent(Verb.DIAL, target="201", identity="anonymous")),
    GiveIntent(Intent(Verb.MUTE)),
    GiveIntent(Intent(Verb.UNMUTE)),
    GiveIntent(Intent(Verb.DIAL, target="+49 (30) 1234-5", account=LINE)),
    GiveIntent(Intent(Verb.DIAL, target="sip:bob@192.0.2.7;transport=tcp")),
    GiveIntent(Intent(Verb.DTMF, target="12*#AD")),
    GiveIntent(Intent(Verb.REDIAL)),
    GiveIntent(Intent(Verb.MOVE, CallId("k3v"), "desk")),
    GiveIntent(Intent(Verb.MOVE)),
    GiveIntent(Intent(Verb.CALL_BACK, target="4930123456", account=LINE)),
    GiveIntent(Intent(Verb.PULL, account=LINE)),
    GiveIntent(Intent(Verb.DIAL, target="201", origin="+49 (170) 1234567")),
    GiveIntent(Intent(Verb.PULL, target="201", dialog="k3v@10.0.0.1;to-tag=a1;from-tag=b2")),
]


def line(**body: object) -> bytes:
    return json.dumps({"v": 1, "id": 7} | body).encode()


@pytest.mark.parametrize("question", QUESTIONS, ids=str)
def test_a_question_arrives_as_it_was_asked(question: Question) -> None:
    assert decode_question(encode_question(7, question).rstrip(b"\n")) == Asked(7, question)


LONG = GiveIntent(Intent(Verb.ANSWER, call=CALL))


def test_every_verb_that_may_cross_the_wire_is_among_the_questions_above() -> None:
    asked = {q.intent.verb for q in QUESTIONS if isinstance(q, GiveIntent)}
    assert asked == set(Verb) - NEVER_OVER_THE_WIRE


@pytest.mark.parametrize("cut", range(len(encode_question(1, LONG)) * 2))
def test_every_split_of_two_questions_gives_the_two_questions(cut: int) -> None:
    stream = encode_question(1, LONG) * 2
    decoder = QuestionDecoder()
    assert decoder.feed(stream[:cut]) + decoder.feed(stream[cut:]) == [Asked(1, LONG)] * 2


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "found no JSON"),
        (b"\xff\xfe", "found no JSON"),
        (b"[" * 60_000, "nested too deeply"),
        (b"9" * 50_000, "found no JSON"),
        (b"[1]", "found a JSON list"),
        (b'{"v":1,"id":7,"do":"status","x":NaN}', "found NaN"),
        (b'{"v":1,"do":"status"}', "id: found None"),
        (b'{"v":1,"id":true,"do":"status"}', "id: found True"),
        (b'{"v":1,"id":0,"do":"status"}', "id: found 0"),
        (b'{"v":1,"id":2147483648,"do":"status"}', "id: found 2147483648"),
        (b'{"v":2,"id":7,"do":"status"}', "v: found 2, expected 1"),
        (b'{"id":7,"do":"status"}', "v: found None"),
        (line(do="explode"), "do: found 'explode', expected ping"),
        (line(), "do: found None"),
        (line(do=["status"]), "do: found ['status']"),
        (line(do="status", force=True), "force: not expected here"),
        (line(do="intent"), "verb: found None"),
        (line(do="intent", verb="toggle_mute"), "verb: found 'toggle_mute', expected answer"),
        (line(do="intent", verb=["mute"]), "verb: found ['mute']"),
        (line(do="intent", verb="answer", call="A B"), "call: found 'A B'"),
        (line(do="intent", verb="answer", call="abc\n"), r"call: found 'abc\n'"),
        (line(do="intent", verb="answer", call=5), "call: found 5"),
        (line(do="intent", verb="answer", target="5"), "target: not expected here"),
        (line(do="intent", verb="dial"), "target: found None"),
        (line(do="intent", verb="dial", target="  "), "target: found '  '"),
        (line(do="intent", verb="dial", target="5" * 257), "target: found '5555"),
        (line(do="intent", verb="dial", target="5\r\nVia: x"), "target: found '5\\r\\nVia: x'"),
        (line(do="intent", verb="dial", target="\ud800"), r"target: found '\ud800'"),
        (line(do="intent", verb="dial", target="5", account="A"), "account: found 'A'"),
        (line(do="intent", verb="dial", target="5", call="abc"), "call: not expected here"),
        (line(do="intent", verb="dtmf"), "target: found None"),
        (line(do="intent", verb="dtmf", target="5a"), "target: found '5a'"),
        (line(do="intent", verb="dtmf", target="5" * 33), "target: found"),
        (line(do="intent", verb="reject", status=200), "status: found 200"),
        (line(do="intent", verb="reject", status=True), "status: found True"),
    ],
)
def test_an_odd_line_is_refused_with_one_printable_sentence(raw: bytes, reason: str) -> None:
    found = decode_question(raw)
    assert isinstance(found, Unusable)
    assert reason in found.reason
    assert found.reason.isprintable()
    assert len(found.reason) <= 300
    assert not found.fatal


def test_a_refusal_carries_the_id_once_it_is_known() -> None:
    found = decode_question(line(do="explode"))
    assert isinstance(found, Unusable)
    assert found.id == 7


@given(st.binary(max_size=400))
def test_no_bytes_make_the_decoder_raise(data: bytes) -> None:
    found = QuestionDecoder().feed(data + b"\n")
    assert all(isinstance(item, Asked | Unusable) for item in found)


@pytest.mark.parametrize("chunk", [1000, LINE_BYTES, 3 * LINE_BYTES])
def test_a_line_without_end_is_refused_once_and_nothing_after_it_is_believed(chunk: int) -> None:
    decoder = QuestionDecoder()
    flood = b"x" * (3 * LINE_BYTES)
    found = [f for i in range(0, len(flood), chunk) for f in decoder.feed(flood[i : i + chunk])]
    found += decoder.feed(b"\n" + encode_question(1, Stop()))
    assert [(type(f), isinstance(f, Unusable) and f.fatal) for f in found] == [(Unusable, True)]


def test_questions_before_a_line_that_is_too_long_still_count() -> None:
    decoder = QuestionDecoder()
    found = decoder.feed(encode_question(1, Ping()) + b"y" * LINE_BYTES + b"\n")
    assert found[0] == Asked(1, Ping())
    assert isinstance(found[1], Unusable)
    assert len(found) == 2


@pytest.mark.parametrize(("length", "overflows"), [(9, False), (10, True)])
def test_the_limit_of_a_line_counts_its_newline(length: int, overflows: bool) -> None:
    splitter = LineSplitter(10)
    assert splitter.feed(b"z" * length + b"\n") == ([] if overflows else [b"z" * length])
    assert splitter.overflowed is overflows


ANSWERS: list[Answer] = [
    Result(3, {"pid": 12}),
    Result(4, {}),
    Refusal(0, "32 clients are connected"),
    Traced(5, TraceEntry(12.25, Stage.LAMP, "jabra-evolve-link", "ring on → 04 04 00")),
]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_an_answer_arrives_as_it_was_given(answer: Answer) -> None:
    encoded = encode_answer(answer)
    assert encoded.count(b"\n") == 1
    assert decode_answer(encoded.rstrip(b"\n")) == answer


@pytest.mark.parametrize("outcome", Outcome)
def test_a_reply_arrives_as_it_was_given(outcome: Outcome) -> None:
    reply = Reply(outcome, "because", CALL)
    assert decode_reply(json.loads(json.dumps(reply_body(reply)))) == reply


def test_an_answer_that_does_not_fit_becomes_a_refusal_that_says_so() -> None:
    answer = decode_answer(encode_answer(Result(9, {"text": "x" * LINE_BYTES})).rstrip())
    assert isinstance(answer, Refusal)
    assert answer.id == 9
    assert "more than fits" in answer.reason


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 400 Bad Request",
        b"{}",
        b'{"id":1}',
        b'{"id":"1","result":{}}',
        b'{"id":1,"result":[]}',
        b'{"id":1,"trace":{"stage":"lamp"}}',
        b'{"id":1,"trace":{"at_s":true,"stage":"lamp"}}',
        b'{"id":1,"trace":{"at_s":1,"stage":"new stage"}}',
    ],
)
def test_an_answer_in_another_language_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # of whatever kind: the client translates all
        decode_answer(raw)


@pytest.mark.parametrize("body", [{}, {"outcome": "perhaps"}])
def test_an_unknown_outcome_is_a_value_error(body: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="Outcome"):
        decode_reply(body)
