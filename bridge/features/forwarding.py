"""Forwarding profiles: what becomes of a call, and how profiles change.

Theory: of the active profile's rules the most specific one that fits the caller *and* the condition
decides; where none fits, the profile's own line for that condition does. An exact number beats an
extension, that a prefix, a longer prefix a shorter one, and all of them "all internal calls".
"""

from dataclasses import replace

from bridge.model.forwarding import (
    DEFAULT_PROFILE,
    PROFILES,
    ActivateProfile,
    Caller,
    CallerKind,
    CallerMatch,
    CancelForward,
    ChangedForwarding,
    Forward,
    Forwarding,
    Profile,
    SelectiveRule,
    SetForward,
    Target,
    To,
    When,
)

BUSY = Forward(When.ALWAYS, Target(To.BUSY))
_RANK = {kind: rank for rank, kind in enumerate(CallerKind)}


def forward_of(forwarding: Forwarding, caller: Caller, when: When) -> Forward | None:
    """Return where a call goes on a condition; None = it is not forwarded.

    Args:
        forwarding: of the extension that is called.
        caller: who calls.
        when: what has happened to the call: nothing yet is ``ALWAYS``.
    """
    profile = active_profile(forwarding)
    if profile.reject_anonymous and not caller.number and when is When.ALWAYS:
        return BUSY
    fitting = [r for r in profile.rules if r.forward.when is when and fits(r.caller, caller)]
    if fitting:
        best = max(fitting, key=_specificity).forward
        return None if best.target.to is To.RING else best
    return next((line for line in profile.forwards if line.when is when), None)


def fits(match: CallerMatch, caller: Caller) -> bool:
    """Say whether a rule is about a caller."""
    match match.kind:
        case CallerKind.ANONYMOUS:
            return not caller.number
        case CallerKind.INTERNAL:
            return caller.is_internal
        case CallerKind.PREFIX:
            return caller.number.startswith(match.number) and not caller.is_internal
        case CallerKind.EXTENSION:
            return caller.is_internal and caller.number == match.number
        case CallerKind.NUMBER:
            return caller.number == match.number


def _specificity(rule: SelectiveRule) -> tuple[int, int]:
    return _RANK[rule.caller.kind], len(rule.caller.number)


def active_profile(forwarding: Forwarding) -> Profile:
    """Return the profile that is in force."""
    return find_profile(forwarding, forwarding.active) or Profile(DEFAULT_PROFILE)


def find_profile(forwarding: Forwarding, number: int) -> Profile | None:
    """Return a profile by its number, or None."""
    return next((one for one in forwarding.profiles if one.number == number), None)


# -- changes: each returns the new profiles, or one sentence why not ----------------


def activate(forwarding: Forwarding, number: int) -> Forwarding | str:
    """Make a profile the active one."""
    if find_profile(forwarding, number) is None:
        known = ", ".join(str(one.number) for one in forwarding.profiles)
        return f"there is no forwarding profile {number}: there are {known}"
    return replace(forwarding, active=number)


def put_profile(forwarding: Forwarding, profile: Profile) -> Forwarding | str:
    """Add a profile, or put it in the place of the one with its number."""
    if objection := _objection(profile):
        return objection
    others = [one for one in forwarding.profiles if one.number != profile.number]
    ordered = sorted([*others, profile], key=lambda one: one.number)
    return replace(forwarding, profiles=tuple(ordered))


def _objection(profile: Profile) -> str:
    conditions = [line.when for line in profile.forwards]
    twice = next((when for when in conditions if conditions.count(when) > 1), None)
    if profile.number not in PROFILES:
        return f"a forwarding profile has a number from 0 to 9, not {profile.number}"
    if profile.rules and profile.number == DEFAULT_PROFILE:
        return "the default profile takes no rules for single callers: make one of 1 to 9"
    if twice is not None:
        return f"profile {profile.number} forwards twice on {twice.value}: keep one of them"
    if not profile.title and profile.number != DEFAULT_PROFILE:
        return f"profile {profile.number} needs a title"
    return ""


def delete_profile(forwarding: Forwarding, number: int) -> Forwarding | str:
    """Delete a profile; if it was active, the default one becomes it."""
    if number == DEFAULT_PROFILE:
        return "the default profile cannot be deleted"
    if find_profile(forwarding, number) is None:
        return f"there is no forwarding profile {number}"
    rest = tuple(one for one in forwarding.profiles if one.number != number)
    active = DEFAULT_PROFILE if forwarding.active == number else forwarding.active
    return Forwarding(rest, active)


def duplicate_profile(forwarding: Forwarding, number: int, title: str) -> Forwarding | str:
    """Copy a profile to the lowest free number."""
    origin = find_profile(forwarding, number)
    taken = {one.number for one in forwarding.profiles}
    free = next((n for n in PROFILES if n not in taken), None)
    if origin is None:
        return f"there is no forwarding profile {number}"
    if free is None:
        return "all ten forwarding profiles are in use: delete one first"
    return put_profile(forwarding, replace(origin, number=free, title=title or origin.title))


def changed(configured: Forwarding, now: Forwarding) -> ChangedForwarding | None:
    """Return what differs from the configuration; None = nothing."""
    if now == configured:
        return None
    default = find_profile(now, DEFAULT_PROFILE) or Profile(DEFAULT_PROFILE)
    return ChangedForwarding(now.active, default.forwards)


def restored(configured: Forwarding, kept: ChangedForwarding | None) -> Forwarding:
    """Return the profiles as they were; one that is configured no longer is not active."""
    if kept is None:
        return configured
    default = find_profile(configured, DEFAULT_PROFILE) or Profile(DEFAULT_PROFILE)
    again = put_profile(configured, replace(default, forwards=kept.default))
    found = configured if isinstance(again, str) else again
    active = activate(found, kept.active)
    return found if isinstance(active, str) else active


def obey(
    forwarding: Forwarding, code: ActivateProfile | SetForward | CancelForward
) -> Forwarding | str:
    """Do what a star code says. What it sets, it sets in the default profile and activates that."""
    match code:
        case ActivateProfile(profile):
            return activate(forwarding, profile)
        case SetForward(when, target):
            return _default_with(forwarding, when, Forward(when, target))
        case CancelForward(when):
            return _default_with(forwarding, when, None)


def _default_with(forwarding: Forwarding, when: When, line: Forward | None) -> Forwarding | str:
    default = find_profile(forwarding, DEFAULT_PROFILE) or Profile(DEFAULT_PROFILE)
    known = next((one for one in default.forwards if one.when is when), None)
    if line is not None and known is not None:
        line = replace(known, target=line.target)  # how long it rings was not asked
    rest = tuple(one for one in default.forwards if one.when is not when)
    done = put_profile(
        forwarding, replace(default, forwards=rest if line is None else (*rest, line))
    )
    return done if isinstance(done, str) else activate(done, DEFAULT_PROFILE)
