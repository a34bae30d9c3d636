"""What is lost, and what is not: the three rules of the outbox."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bridge.protocols.mqtt_outbox import (
    KEPT_EVENTS,
    KEPT_S,
    OVERLAP_S,
    REPLY_TTL_S,
    WAITING_REPLIES,
    Outbox,
    Parcel,
)
from bridge.protocols.mqtt_topics import PAYLOAD_LIMIT
from tests.mqtt.words import EPOCH, NOW_MS


def new_outbox() -> Outbox:
    return Outbox(EPOCH)


def add(outbox: Outbox, now_s: float = 0.0, ttl_s: float = 30.0) -> int:
    return outbox.add_event("e", {"x": 1}, ttl_s, now_s=now_s, wall_ms=NOW_MS)


def drain(outbox: Outbox, now_s: float = 0.0, *, settle: bool = True) -> list[Parcel]:
    """Take everything there is, as a connection without a window would."""
    taken = list(iter(lambda: outbox.take(now_s), None))
    for parcel in taken if settle else ():
        outbox.settle(parcel, now_s)
    return taken


def bodies(parcels: list[Parcel]) -> list[dict[str, Any]]:
    return [json.loads(parcel.payload) for parcel in parcels if isinstance(parcel.key, int)]


def test_of_a_state_only_the_newest_value_goes_out() -> None:
    outbox = new_outbox()
    for value in (b"1", b"2", b"3"):
        outbox.set_state("s", value)
    assert [(p.topic, p.payload, p.retain) for p in drain(outbox)] == [("s", b"3", True)]


def test_a_state_that_did_not_change_is_no_news() -> None:
    outbox = new_outbox()
    assert outbox.set_state("s", b"1")
    assert not outbox.set_state("s", b"1")


def test_all_states_go_out_again_on_a_new_connection() -> None:
    outbox = new_outbox()
    outbox.set_state("a", b"1")
    outbox.set_state("b", b"2")
    drain(outbox)
    outbox.begin(1.0)
    assert {p.topic for p in drain(outbox)} == {"a", "b"}


def test_a_cleared_state_is_cleared_once_and_then_forgotten() -> None:
    outbox = new_outbox()
    outbox.set_state("s", b"1")
    drain(outbox)
    outbox.set_state("s", None)
    assert [p.payload for p in drain(outbox)] == [b""]
    outbox.begin(1.0)
    assert drain(outbox) == []


def test_a_state_cleared_twice_while_the_broker_is_slow_is_no_problem() -> None:
    outbox = new_outbox()
    outbox.set_state("s", None)
    slow = outbox.take(0.0)
    outbox.set_state("s", b"1")
    outbox.set_state("s", None)
    assert slow is not None
    outbox.settle(slow, 0.0)
    assert [p.payload for p in drain(outbox)] == [b""]


def test_events_are_numbered_without_gaps_and_go_out_in_order() -> None:
    outbox = new_outbox()
    assert [add(outbox) for _ in range(3)] == [1, 2, 3]
    assert [body["seq"] for body in bodies(drain(outbox))] == [1, 2, 3]


def test_an_event_past_its_time_is_not_sent_but_kept_for_whoever_asks() -> None:
    outbox = new_outbox()
    add(outbox, ttl_s=5.0)
    assert drain(outbox, 5.0) == []
    assert outbox.counts["expired"] == 1
    assert [event["seq"] for event in outbox.history(0, 6.0)] == [1]


def test_an_event_without_an_answer_goes_out_again_and_says_so() -> None:
    outbox = new_outbox()
    add(outbox)
    drain(outbox, settle=False)
    outbox.begin(1.0)
    (body,) = bodies(drain(outbox, 1.0))
    assert (body["seq"], body["again"]) == (1, True)


def test_an_event_acknowledged_just_before_the_break_goes_out_again() -> None:
    outbox = new_outbox()
    add(outbox)
    drain(outbox, 0.0)
    outbox.begin(OVERLAP_S)
    assert len(drain(outbox, OVERLAP_S)) == 1


def test_an_event_acknowledged_long_before_the_break_does_not() -> None:
    outbox = new_outbox()
    add(outbox)
    drain(outbox, 0.0)
    outbox.begin(OVERLAP_S + 0.1)
    assert drain(outbox, OVERLAP_S + 0.1) == []


def test_an_event_does_not_go_out_again_for_ever_however_often_the_broker_breaks() -> None:
    outbox = new_outbox()
    add(outbox)
    sent = 0
    for second in range(20):
        outbox.begin(float(second))
        sent += len(drain(outbox, float(second)))
    assert sent == 1 + OVERLAP_S


def test_only_so_many_events_are_kept_and_the_lost_ones_are_counted() -> None:
    outbox = new_outbox()
    for _ in range(KEPT_EVENTS + 10):
        add(outbox)
    assert outbox.counts["dropped"] == 10
    assert bodies(drain(outbox))[0]["seq"] == 11
    assert len(outbox.history(0, 0.0)) == KEPT_EVENTS


def test_history_is_ten_minutes_long() -> None:
    outbox = new_outbox()
    add(outbox, 0.0)
    add(outbox, KEPT_S)
    assert [event["seq"] for event in outbox.history(0, KEPT_S + 1)] == [2]


def test_history_begins_after_what_is_known() -> None:
    outbox = new_outbox()
    for _ in range(5):
        add(outbox)
    assert [event["seq"] for event in outbox.history(3, 0.0)] == [4, 5]


def test_replies_overtake_everything_and_expire() -> None:
    outbox = new_outbox()
    add(outbox)
    outbox.set_state("s", b"1")
    outbox.add_reply("r", b"late", b"", now_s=0.0)
    outbox.add_reply("r", b"fresh", b"corr", now_s=1.0)
    first = outbox.take(REPLY_TTL_S)
    assert first is not None
    assert (first.payload, first.correlation) == (b"fresh", b"corr")


def test_a_reply_that_had_no_answer_goes_out_again() -> None:
    outbox = new_outbox()
    outbox.add_reply("r", b"x", b"", now_s=0.0)
    lost = drain(outbox, settle=False)
    outbox.begin(1.0, lost)
    assert [p.payload for p in drain(outbox, 1.0)] == [b"x"]


def test_replies_that_nobody_fetches_are_bounded() -> None:
    outbox = new_outbox()
    for _ in range(WAITING_REPLIES + 3):
        outbox.add_reply("r", b"x", b"", now_s=0.0)
    assert outbox.counts["dropped_replies"] == 3
    assert len(drain(outbox)) == WAITING_REPLIES


def test_what_is_too_large_is_counted_and_does_not_go_out() -> None:
    outbox = new_outbox()
    outbox.set_state("s", b"x" * (PAYLOAD_LIMIT + 1))
    outbox.add_reply("r", b"x" * (PAYLOAD_LIMIT + 1), b"", now_s=0.0)
    assert drain(outbox) == []
    assert outbox.counts["oversized"] == 2


def test_a_state_that_never_rests_does_not_hold_up_events() -> None:
    outbox = new_outbox()
    add(outbox)
    kinds = []
    for value in range(4):
        outbox.set_state("s", b"%d" % value)
        parcel = outbox.take(0.0)
        assert parcel is not None
        kinds.append(type(parcel.key))
    assert int in kinds[:2]


def test_the_connection_is_in_step_when_all_that_was_owed_is_settled() -> None:
    outbox = new_outbox()
    outbox.set_state("a", b"1")
    add(outbox)
    outbox.begin(0.0)
    assert not outbox.is_in_step
    drain(outbox)
    assert outbox.is_in_step


def test_an_expired_event_is_not_owed() -> None:
    outbox = new_outbox()
    add(outbox, ttl_s=1.0)
    outbox.begin(0.5)
    assert drain(outbox, 2.0) == []
    assert outbox.is_in_step


steps = st.lists(
    st.sampled_from(["event", "state", "take", "settle", "break", "wait"]), max_size=120
)


@given(steps)
def test_whatever_happens_a_reader_can_have_every_event_and_the_last_state(
    script: list[str],
) -> None:
    """A reader that asks for history after each connection misses nothing that is kept."""
    outbox, now_s, value = new_outbox(), 0.0, 0
    flight: list[Parcel] = []
    seen: set[int] = set()
    shown = b""
    for step in script:
        match step:
            case "event":
                add(outbox, now_s)
            case "state":
                value += 1
                outbox.set_state("s", b"%d" % value)
            case "take":
                parcel = outbox.take(now_s)
                flight += [parcel] if parcel else []
            case "settle" if flight:
                parcel = flight.pop(0)
                outbox.settle(parcel, now_s)
            case "break":
                outbox.begin(now_s, flight)
                flight = []
            case _:
                now_s += 1.0
    outbox.begin(now_s, flight)
    for parcel in drain(outbox, now_s):
        shown = parcel.payload if parcel.retain else shown
        seen |= {parcel.key} if isinstance(parcel.key, int) else set()
    seen |= {int(str(event["seq"])) for event in outbox.history(0, now_s)}
    assert seen == set(range(1, outbox.seq + 1))
    assert shown == (b"%d" % value if value else b"")
    assert outbox.is_in_step


# -- states that expire ---------------------------------------------------------


def test_a_state_that_expires_has_a_deadline_and_a_cleared_one_has_none() -> None:
    box = Outbox("e", state_ttl_s=3600.0)
    box.set_state("a", b"1")
    parcel = box.take(10.0)
    assert parcel is not None
    assert parcel.deadline_s == 3610.0
    box.set_state("a", None)
    cleared = box.take(10.0)
    assert cleared is not None
    assert cleared.deadline_s is None


def test_states_are_sent_again_when_they_are_old_some_at_a_time() -> None:
    box = Outbox("e", state_ttl_s=3600.0)
    for topic in ("a", "b", "c"):
        box.set_state(topic, b"1")
        box.take(0.0)
    box.set_state("b", b"2")
    box.take(600.0)
    box.refresh(1199.0, 1200.0, 10)
    assert box.take(1199.0) is None
    box.refresh(1200.0, 1200.0, 1)
    assert [parcel.topic for parcel in taken(box, 1200.0)] == ["a"]
    box.refresh(1201.0, 1200.0, 10)
    assert [parcel.topic for parcel in taken(box, 1201.0)] == ["c"]
    box.refresh(1800.0, 1200.0, 10)
    assert [(p.topic, p.payload) for p in taken(box, 1800.0)] == [("b", b"2")]


def taken(box: Outbox, now_s: float) -> list[Parcel]:
    return list(iter(lambda: box.take(now_s), None))
