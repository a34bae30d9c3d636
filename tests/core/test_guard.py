"""What a command has to prove before it may pick up a telephone."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.core.guard import REMEMBERED, REMEMBERED_S, Guard, Moment
from bridge.core.permit import DialPermit
from bridge.model.bus import Command, Reply, Unreadable, Verdict
from bridge.model.calls import Phase
from bridge.model.ids import CallId
from bridge.model.intents import Outcome
from bridge.protocols.mqtt_commands import parse_command
from tests.mqtt.words import CALL, EPOCH, NOW_MS, WINDOW, command, dial, said

CALLS = {CALL: Phase.RINGING}


def new_guard(*, may_dial: bool = True) -> Guard:
    guard = Guard(EPOCH, DialPermit(may_dial=may_dial))
    guard.rotate(WINDOW)
    return guard


def ask(
    guard: Guard,
    body: dict[str, Any],
    name: str = "answer",
    *,
    retained: bool = False,
    at: Moment | None = None,
    calls: dict[CallId, Phase] | None = None,
) -> Verdict:
    return guard.check(
        parse_command(name, said(body)),
        retained=retained,
        calls=CALLS if calls is None else calls,
        at=at or Moment(100.0, NOW_MS),
    )


def test_a_fresh_answer_for_the_call_that_rings_may_act() -> None:
    verdict = ask(new_guard(), command())
    assert (verdict.act, verdict.rule, verdict.reply.outcome) == (True, "run", Outcome.ACCEPTED)


@pytest.mark.parametrize(
    ("changes", "rule", "outcome"),
    [
        ({"ts": NOW_MS - 86_400_000}, "age", Outcome.STALE),
        ({"ts": NOW_MS - 5_001}, "age", Outcome.STALE),
        ({"ts": NOW_MS + 2_001}, "age", Outcome.STALE),
        ({"epoch": "0000000000000000"}, "epoch", Outcome.STALE),
        ({"call": "yesterdayscall000000"}, "call", Outcome.STALE),
        ({"expect": "connected"}, "expect", Outcome.CONFLICT),
        ({"ttl_ms": 5001}, "unreadable", Outcome.INVALID),
    ],
)
def test_what_is_not_of_now_does_not_act(
    changes: dict[str, Any], rule: str, outcome: Outcome
) -> None:
    verdict = ask(new_guard(), command(**changes))
    assert (verdict.act, verdict.rule, verdict.reply.outcome) == (False, rule, outcome)


@pytest.mark.parametrize("age_ms", [-2000, 0, 3000, 5000])
def test_clocks_may_differ_by_two_seconds(age_ms: int) -> None:
    assert ask(new_guard(), command(ts=NOW_MS - age_ms)).act


def test_a_retained_command_is_stale_whatever_it_says() -> None:
    verdicts = [
        ask(new_guard(), command(), retained=True),
        ask(new_guard(), {"x": 1}, retained=True),
        ask(new_guard(), command(), "shutdown", retained=True),
    ]
    assert [(v.act, v.rule) for v in verdicts] == [(False, "retained")] * 3


def test_a_command_said_twice_acts_once_and_gets_the_same_reply() -> None:
    guard = new_guard()
    first, again = ask(guard, command()), ask(guard, command())
    assert (first.act, again.act) == (True, False)
    assert again.reply == first.reply


def test_a_repeated_command_is_told_what_became_of_the_first() -> None:
    guard = new_guard()
    ask(guard, command())
    done = Reply("ui7-000000000123", Outcome.DONE)
    guard.settle(done)
    assert ask(guard, command()).reply == done


def test_a_repetition_is_known_even_when_the_call_is_gone_and_time_is_up() -> None:
    guard = new_guard()
    ask(guard, command())
    late = Moment(160.0, NOW_MS + 60_000)
    assert ask(guard, command(), at=late, calls={}).rule == "repeated"


def test_a_refused_command_does_not_act_when_it_is_repeated_at_a_better_moment() -> None:
    guard = new_guard()
    early = command(ts=NOW_MS + 2_500)
    assert ask(guard, early).rule == "age"
    assert not ask(guard, early, at=Moment(101.0, NOW_MS + 1000)).act


def test_a_conflict_does_not_act_later() -> None:
    guard = new_guard()
    assert ask(guard, command(expect="connected")).rule == "expect"
    assert not ask(guard, command(expect="connected"), calls={CALL: Phase.CONNECTED}).act


def test_ids_are_forgotten_after_ten_minutes_when_the_age_speaks_against_them() -> None:
    guard = new_guard()
    ask(guard, command())
    later_s = REMEMBERED_S + 1
    verdict = ask(guard, command(), at=Moment(100.0 + later_s, NOW_MS + later_s * 1000))
    assert verdict.rule == "age"


def fill(guard: Guard, count: int, at: Moment) -> list[Verdict]:
    return [ask(guard, command(id=f"flood-{n:08d}"), "mute", at=at) for n in range(count)]


def test_no_command_is_forgotten_while_it_could_still_act() -> None:
    guard = new_guard()
    flooded = fill(guard, REMEMBERED, Moment(100.0, NOW_MS))
    assert all(verdict.act for verdict in flooded)
    verdict = ask(guard, command(), at=Moment(109.0, NOW_MS))
    assert (verdict.rule, verdict.reply.outcome) == ("full", Outcome.BUSY)
    assert ask(guard, command(ts=NOW_MS + 11_000), at=Moment(111.0, NOW_MS + 11_000)).act


def test_refused_commands_do_not_push_out_those_that_acted() -> None:
    guard = new_guard()
    ask(guard, command())
    for number in range(2 * REMEMBERED):
        ask(guard, command(id=f"flood-{number:08d}", epoch="0" * 16))
    assert ask(guard, command()).rule == "repeated"


def test_without_a_clock_the_age_is_not_asked_but_everything_else_is() -> None:
    unset = Moment(100.0, 0.0, clock_set=False)
    guard = new_guard()
    assert ask(guard, command(), at=unset).act
    assert not ask(guard, command(), at=unset).act
    assert ask(guard, command(id="another-id", epoch="0" * 16), at=unset).rule == "epoch"
    assert ask(guard, command(id="a-third-id", call="0" * 20), at=unset).rule == "call"


def test_window_tokens_count_for_two_turns() -> None:
    guard = new_guard()
    guard.rotate("second")
    assert ask(guard, dial(id="dial-0001"), "dial").act
    guard.rotate("third")
    assert ask(guard, dial(id="dial-0002"), "dial").rule == "window"
    assert guard.windows == ("third", "second")


def test_before_the_first_token_nothing_without_a_call_acts() -> None:
    assert ask(Guard(EPOCH), dial(), "dial").rule == "window"
    assert ask(Guard(EPOCH), dial(window=None), "dial").rule == "window"


def test_dialling_is_off_where_it_is_not_allowed() -> None:
    verdict = ask(new_guard(may_dial=False), dial(), "dial")
    assert (verdict.rule, verdict.reply.outcome) == ("permit", Outcome.DENIED)
    assert "mqtt.allow_dial" in verdict.reply.detail


def test_what_was_decided_is_counted_by_rule() -> None:
    guard = new_guard()
    ask(guard, command())
    ask(guard, command())
    ask(guard, command(id="another-id"), retained=True)
    assert guard.counts == {"run": 1, "repeated": 1, "retained": 1}


def test_a_time_that_is_no_number_is_too_old() -> None:
    """The parser refuses NaN; should it ever slip through, the comparison fails, too."""
    parsed = parse_command("answer", said(command()))
    assert isinstance(parsed, Command)
    body = {field: getattr(parsed, field) for field in parsed.__dataclass_fields__}
    broken = Command(**(body | {"ts_ms": math.nan}))
    verdict = new_guard().check(broken, retained=False, calls=CALLS, at=Moment(1.0, NOW_MS))
    assert verdict.rule == "age"


# -- properties ---------------------------------------------------------------

STALE_FORMS = st.one_of(
    st.fixed_dictionaries({"ts": st.integers(0, NOW_MS - 5001)}),
    st.fixed_dictionaries({"ts": st.integers(NOW_MS + 2001, 2**53)}),
    st.fixed_dictionaries(
        {"epoch": st.text("0123456789abcdef", max_size=32).filter(lambda e: e != EPOCH)}
    ),
    st.fixed_dictionaries(
        {"call": st.from_regex("[0-9a-z]{1,40}", fullmatch=True).filter(lambda c: c != CALL)}
    ),
    st.fixed_dictionaries(
        {"expect": st.sampled_from([p.value for p in Phase if p is not Phase.RINGING])}
    ),
    st.fixed_dictionaries({"window": st.text(max_size=64), "call": st.none(), "expect": st.none()}),
)
NAMES = st.sampled_from(["answer", "reject", "hangup", "hold", "resume", "mute", "unmute"])


@given(STALE_FORMS, NAMES, st.booleans())
def test_no_stale_form_ever_acts(changes: dict[str, Any], name: str, retained: bool) -> None:
    guard = Guard(EPOCH)
    verdict = ask(guard, command(**changes), name, retained=retained)
    assert not verdict.act


@given(NAMES, st.lists(st.tuples(st.floats(0, 590), st.booleans()), min_size=1, max_size=20))
def test_of_any_repetitions_exactly_the_first_acts(
    name: str, times: list[tuple[float, bool]]
) -> None:
    guard = new_guard()
    acted = [ask(guard, command(), name).act]
    for after_s, clock_set in sorted(times):
        moment = Moment(100.0 + after_s, NOW_MS + after_s * 1000, clock_set)
        acted.append(ask(guard, command(), name, at=moment).act)
    assert acted == [True] + [False] * len(times)


@given(st.text(max_size=300), st.one_of(st.none(), st.text(max_size=64)))
def test_an_unreadable_message_is_answered_and_remembered_by_nobody(
    reason: str, name: str | None
) -> None:
    guard = new_guard()
    verdict = guard.check(
        Unreadable(reason, name), retained=False, calls=CALLS, at=Moment(1.0, NOW_MS)
    )
    assert (verdict.act, verdict.reply.outcome) == (False, Outcome.INVALID)
    assert ask(guard, command()).act
