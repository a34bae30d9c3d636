"""Forwarding: what the schema cannot say, and the profiles made of it."""

from collections.abc import Iterator

from bridge.config.forwarding_schema import ForwardingProfile, ForwardingSection, Rule
from bridge.config.sources import Tree
from bridge.features.forwarding import put_profile
from bridge.model.errors import Problem
from bridge.model.forwarding import (
    Forward,
    Forwarding,
    Profile,
    SelectiveRule,
    Target,
    To,
    When,
    to_caller,
)
from bridge.yamldoc import Path as DocPath

_WORDS = {"voicemail": To.VOICEMAIL, "busy": To.BUSY, "ring": To.RING}


def forwarding_problems(section: ForwardingSection, tree: Tree) -> Iterator[Problem]:
    """Return profiles that cannot be, or have the same number."""
    seen: set[int] = set()
    for place, written in enumerate(section.profiles):
        where: DocPath = ("forwarding", "profiles", place)
        if written.number in seen:
            number = str(written.number)
            yield tree.problem((*where, "number"), f"{number} once more", "each number once")
        seen.add(written.number)
        found = put_profile(Forwarding(), _profile(written))
        if isinstance(found, str):
            yield tree.problem(where, found, "a profile that can be")


def configured_profiles(section: ForwardingSection) -> tuple[Profile, ...]:
    """Return the profiles by number, a default one among them; all is right by now."""
    written = {one.number: _profile(one) for one in section.profiles}
    return tuple(found for _, found in sorted(({0: Profile(0)} | written).items()))


def _profile(written: ForwardingProfile) -> Profile:
    return Profile(
        number=written.number,
        title=written.title,
        color=written.color,
        forwards=tuple(_forwards(written, written.after)),
        rules=tuple(rule for one in written.rules for rule in _rules(one, written.after)),
        reject_anonymous=written.reject_anonymous,
    )


def _rules(written: Rule, after_s: int) -> Iterator[SelectiveRule]:
    caller = to_caller(written.caller)
    for forward in _forwards(written, after_s):
        yield SelectiveRule(caller, forward)


def _forwards(written: ForwardingProfile | Rule, after_s: int) -> Iterator[Forward]:
    for when, text in (
        (When.ALWAYS, written.always),
        (When.BUSY, written.busy),
        (When.NO_ANSWER, written.no_answer),
    ):
        if text is not None:
            to = _WORDS.get(text, To.NUMBER)
            yield Forward(when, Target(to, text if to is To.NUMBER else ""), after_s)
