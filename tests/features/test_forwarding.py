"""Forwarding profiles: which rule wins, and what may be changed how."""

from dataclasses import replace

import pytest

from bridge.features.forwarding import (
    BUSY,
    active_profile,
    changed,
    delete_profile,
    duplicate_profile,
    find_profile,
    forward_of,
    obey,
    put_profile,
    restored,
)
from bridge.model.forwarding import (
    ActivateProfile,
    Caller,
    CallerKind,
    CallerMatch,
    CancelForward,
    Forward,
    Forwarding,
    Profile,
    SelectiveRule,
    SetForward,
    Target,
    To,
    When,
)

ANYBODY = Caller("+4930999")


def to(number: str, when: When = When.ALWAYS) -> Forward:
    return Forward(when, Target(To.NUMBER, number))


def rule(kind: CallerKind, number: str, target: str) -> SelectiveRule:
    return SelectiveRule(CallerMatch(kind, number), to(target))


RULES = (
    rule(CallerKind.ANONYMOUS, "", "anonymous"),
    rule(CallerKind.INTERNAL, "", "internal"),
    rule(CallerKind.EXTENSION, "33", "assistant"),
    rule(CallerKind.PREFIX, "+49", "germany"),
    rule(CallerKind.PREFIX, "+4989", "munich"),
    rule(CallerKind.PREFIX, "+4989999998", "company"),
    rule(CallerKind.NUMBER, "+49899999981", "chief"),
)
TRAVEL = Profile(3, "travelling", forwards=(to("rest"),), rules=RULES)


def forwarding(profile: Profile) -> Forwarding:
    return Forwarding((Profile(0), profile), profile.number)


def target(caller: Caller, profile: Profile = TRAVEL) -> str:
    found = forward_of(forwarding(profile), caller, When.ALWAYS)
    assert found is not None
    return found.target.number


@pytest.mark.parametrize("profile", [TRAVEL, replace(TRAVEL, rules=RULES[::-1])])
@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        (Caller(), "anonymous"),
        (Caller("34", is_internal=True), "internal"),
        (Caller("33", is_internal=True), "assistant"),
        (Caller("+4930123"), "germany"),
        (Caller("+4989123"), "munich"),
        (Caller("+498999999812"), "company"),
        (Caller("+49899999981"), "chief"),
        (Caller("+43123"), "rest"),
    ],
)
def test_the_most_specific_rule_wins_in_whatever_order_they_stand(
    caller: Caller, expected: str, profile: Profile
) -> None:
    assert target(caller, profile) == expected


def test_a_rule_may_let_a_caller_through() -> None:
    through = SelectiveRule(
        CallerMatch(CallerKind.NUMBER, "+4930999"), Forward(When.ALWAYS, Target(To.RING))
    )
    profile = Profile(3, "quiet", forwards=(to("rest"),), rules=(through,))
    assert forward_of(forwarding(profile), ANYBODY, When.ALWAYS) is None


def test_a_rule_for_another_condition_does_not_decide() -> None:
    busy = SelectiveRule(CallerMatch(CallerKind.PREFIX, "+49"), to("busy", When.BUSY))
    profile = Profile(3, "t", forwards=(to("rest"),), rules=(busy,))
    assert target(ANYBODY, profile) == "rest"
    found = forward_of(forwarding(profile), ANYBODY, When.BUSY)
    assert found == to("busy", When.BUSY)


def test_who_hides_his_number_hears_busy_where_that_is_wanted() -> None:
    profile = Profile(3, "t", reject_anonymous=True, rules=RULES)
    assert forward_of(forwarding(profile), Caller(), When.ALWAYS) == BUSY
    assert target(Caller("+4989123"), profile) == "munich"


@pytest.mark.parametrize("when", When)
def test_a_star_code_changes_the_default_profile_and_activates_it(when: When) -> None:
    there = forwarding(TRAVEL)
    set_ = obey(there, SetForward(when, Target(To.NUMBER, "33")))
    assert isinstance(set_, Forwarding)
    assert active_profile(set_) == Profile(0, forwards=(to("33", when),))
    assert find_profile(set_, 3) == TRAVEL
    cancelled = obey(set_, CancelForward(when))
    assert isinstance(cancelled, Forwarding)
    assert active_profile(cancelled) == Profile(0)


def test_a_star_code_keeps_how_long_it_rings() -> None:
    slow = Forward(When.NO_ANSWER, Target(To.VOICEMAIL), after_s=45)
    set_ = obey(
        Forwarding((Profile(0, forwards=(slow,)),)),
        SetForward(When.NO_ANSWER, Target(To.NUMBER, "33")),
    )
    assert isinstance(set_, Forwarding)
    assert active_profile(set_).forwards == (
        Forward(When.NO_ANSWER, Target(To.NUMBER, "33"), after_s=45),
    )


def test_an_unknown_profile_cannot_be_activated() -> None:
    assert obey(forwarding(TRAVEL), ActivateProfile(7)) == (
        "there is no forwarding profile 7: there are 0, 3"
    )


@pytest.mark.parametrize(
    ("profile", "word"),
    [
        (Profile(10, "t"), "0 to 9"),
        (Profile(-1, "t"), "0 to 9"),
        (Profile(0, rules=RULES), "takes no rules"),
        (Profile(2, "t", forwards=(to("1"), to("2"))), "twice on always"),
        (Profile(2), "needs a title"),
    ],
)
def test_a_profile_that_cannot_be(profile: Profile, word: str) -> None:
    found = put_profile(Forwarding(), profile)
    assert isinstance(found, str)
    assert word in found


def test_the_default_profile_cannot_be_deleted() -> None:
    assert delete_profile(Forwarding(), 0) == "the default profile cannot be deleted"


def test_deleting_the_active_profile_activates_the_default_one() -> None:
    assert delete_profile(forwarding(TRAVEL), 3) == Forwarding()


def test_a_profile_that_is_not_there_cannot_be_deleted() -> None:
    assert delete_profile(Forwarding(), 5) == "there is no forwarding profile 5"


def test_a_copy_takes_the_lowest_free_number() -> None:
    copied = duplicate_profile(forwarding(replace(TRAVEL, number=1)), 1, "again")
    assert isinstance(copied, Forwarding)
    assert find_profile(copied, 2) == replace(TRAVEL, number=2, title="again")


def test_what_star_codes_changed_is_found_again_in_the_profiles_as_they_are_now() -> None:
    before = forwarding(TRAVEL)
    now = obey(before, SetForward(When.BUSY, Target(To.NUMBER, "33")))
    assert isinstance(now, Forwarding)
    kept = changed(before, now)
    assert restored(before, kept) == now
    retitled = Forwarding((Profile(0), Profile(3, "away")))
    assert active_profile(restored(retitled, kept)).forwards == (to("33", When.BUSY),)


def test_a_profile_that_is_configured_no_longer_is_not_active_any_more() -> None:
    kept = changed(Forwarding((Profile(0), TRAVEL)), forwarding(TRAVEL))
    assert restored(Forwarding(), kept) == Forwarding()


def test_nothing_is_kept_of_what_is_as_configured() -> None:
    assert changed(forwarding(TRAVEL), forwarding(TRAVEL)) is None
    assert restored(forwarding(TRAVEL), None) == forwarding(TRAVEL)


def test_there_are_ten_profiles_and_no_more() -> None:
    full = Forwarding((Profile(0), *(Profile(n, "t") for n in range(1, 10))))
    found = duplicate_profile(full, 1, "again")
    assert isinstance(found, str)
    assert "all ten" in found
