"""What is known about one key: from facts and our own calls to what its state follows from."""

from dataclasses import dataclass
from typing import assert_never

from bridge.blf.facts import Facts
from bridge.blf.own import account_of, calls_on, calls_with, own_line, own_mailbox, relation_of
from bridge.blf.tables import Relation, Seat, Seen, Vigil
from bridge.model.blf import (
    Extension,
    Favourite,
    KeyType,
    PbxId,
    PresenceState,
    QueueFact,
)
from bridge.model.calls import Snapshot
from bridge.model.forwarding import DEFAULT_PROFILE

LOCAL = PbxId("local")
"""Source of what needs no PBX: our own calls and lines, do not disturb at this desk."""

GLOBAL = "global"  # target of a do-not-disturb key that means all our telephones

NEVER_S = float("inf")


@dataclass(frozen=True, slots=True)
class Sight:
    """What is known about a key.

    Args:
        seen: what its state follows from.
        source: who said so.
        until_s: when that stops to count by itself, monotonic seconds.
    """

    seen: Seen
    source: PbxId = LOCAL
    until_s: float = NEVER_S


@dataclass(frozen=True, slots=True)
class World:
    """Everything a key may be about.

    Args:
        facts: of the PBXs.
        view: of our own calls and lines.
        own: our own extension, may be empty.
        at_s: monotonic seconds.
        mine: what we have set of ourselves by hand, where no PBX holds it; None = a PBX does.
    """

    facts: Facts
    view: Snapshot
    own: Extension
    at_s: float
    mine: PresenceState | None = None


def table_of(favourite: Favourite) -> KeyType:
    """Return by which table a key lights: a code without a subject is as dark as a speed dial."""
    is_bare = favourite.type is KeyType.FEATURE_CODE and not favourite.subject
    return KeyType.SPEED_DIAL if is_bare else favourite.type


def subject_of(favourite: Favourite, own: Extension) -> Extension:
    """Return whose facts a key shows; empty where it needs none, or our own is not known."""
    match favourite.type:
        case KeyType.SPEED_DIAL | KeyType.LINE:
            return Extension("")
        case KeyType.FEATURE_CODE:
            return Extension(favourite.subject)
        case KeyType.BLF | KeyType.QUEUE | KeyType.PARK:
            return Extension(favourite.subject or favourite.target)
        case KeyType.VOICEMAIL:
            return Extension(favourite.subject) or own
        case KeyType.DND:
            return own if favourite.target == GLOBAL else Extension("")
        case KeyType.FORWARDING | KeyType.PRESENCE:
            return own
        case _:
            assert_never(favourite.type)


def number_of(favourite: Favourite) -> str:
    """Return whose calls with us a key shows; empty for none."""
    is_somebody = favourite.type in {KeyType.SPEED_DIAL, KeyType.BLF, KeyType.PARK}
    return favourite.target if is_somebody else ""


def sight(favourite: Favourite, world: World, vigil: Vigil | None = None) -> Sight:
    """Return what is known about a key now.

    Args:
        favourite: what it stands for.
        world: facts and calls.
        vigil: whether we wait for it to be free.
    """
    match favourite.type:
        case KeyType.SPEED_DIAL:
            return Sight(Seen(relation=_relation(favourite, world)))
        case KeyType.BLF | KeyType.FEATURE_CODE | KeyType.PARK:
            return _somebody(favourite, world, vigil)
        case KeyType.LINE:
            return Sight(_own_line(favourite, world.view))
        case KeyType.QUEUE:
            return _queue(favourite, world)
        case KeyType.VOICEMAIL:
            return _mailbox(favourite, world)
        case KeyType.DND:
            return _dnd(favourite, world)
        case KeyType.PRESENCE:
            return _presence(world, PresenceState(favourite.target))
        case KeyType.FORWARDING:
            return _profile(favourite, world)
        case _:
            assert_never(favourite.type)


def _relation(favourite: Favourite, world: World) -> Relation | None:
    return relation_of(calls_with(world.view, number_of(favourite)))


def _somebody(favourite: Favourite, world: World, vigil: Vigil | None) -> Sight:
    relation = _relation(favourite, world)
    if relation is not None:
        return Sight(Seen(relation=relation))  # our own call needs no witness
    facts, subject = world.facts, subject_of(favourite, world.own)
    line = facts.lines.get(subject, world.at_s, facts.up)
    if line is None:
        return Sight(Seen(vigil=vigil))
    presence = facts.presences.get(subject, world.at_s, facts.up)
    if presence is None or favourite.type is KeyType.PARK:
        return Sight(Seen(line.fact.state, vigil=vigil), line.pbx, line.until_s)
    until_s = min(line.until_s, presence.until_s)
    return Sight(Seen(line.fact.state, presence.fact.presence, vigil=vigil), line.pbx, until_s)


def _own_line(favourite: Favourite, view: Snapshot) -> Seen:
    account = account_of(view, favourite.target)
    if account is None:
        return Seen()
    return Seen(own_line(view, account), relation=relation_of(calls_on(view, account)))


def is_every_queue(favourite: Favourite) -> bool:
    """Say whether a key is about all queues of ours."""
    return favourite.type is KeyType.QUEUE and not favourite.target


def _queue(favourite: Favourite, world: World) -> Sight:
    if is_every_queue(favourite):
        return _every_queue(world)
    subject = subject_of(favourite, world.own)
    known = world.facts.queues.get(subject, world.at_s, world.facts.up)
    if known is None or not world.own:
        return Sight(Seen())
    return Sight(Seen(seat=_seat(known.fact, world.own)), known.pbx, known.until_s)


def _every_queue(world: World) -> Sight:
    """A PBX may forget agents who logged out: who is in none of its queues is logged out."""
    known = world.facts.queues.all(world.at_s, world.facts.up)
    if not known or not world.own:
        return Sight(Seen())
    seats = {_seat(one.fact, world.own) for one in known}
    seat = next(one for one in (Seat.CALLED, Seat.IN, Seat.PAUSED, Seat.OUT) if one in seats)
    return Sight(Seen(seat=seat), known[0].pbx, min(one.until_s for one in known))


def _seat(queue: QueueFact, own: Extension) -> Seat:
    member = next((one for one in queue.members if one.extension == own), None)
    if member is None or not member.logged_in:
        return Seat.OUT
    if member.paused:
        return Seat.PAUSED
    return Seat.CALLED if queue.waiting else Seat.IN


def _mailbox(favourite: Favourite, world: World) -> Sight:
    subject = subject_of(favourite, world.own)
    known = world.facts.mailboxes.get(subject, world.at_s, world.facts.up)
    if known is not None:
        return Sight(Seen(is_on=known.fact.mailbox.waiting), known.pbx, known.until_s)
    told = own_mailbox(world.view) if subject == world.own else None
    return Sight(Seen(is_on=None if told is None else told.waiting))


def _dnd(favourite: Favourite, world: World) -> Sight:
    if favourite.target == GLOBAL:
        return _presence(world, PresenceState.DND)
    return Sight(Seen(is_on=world.view.do_not_disturb))


def _presence(world: World, wanted: PresenceState) -> Sight:
    if world.mine is not None:
        return Sight(Seen(is_on=world.mine is wanted))
    known = world.facts.presences.get(world.own, world.at_s, world.facts.up)
    if known is None:
        return Sight(Seen())
    return Sight(Seen(is_on=known.fact.presence is wanted), known.pbx, known.until_s)


def _profile(favourite: Favourite, world: World) -> Sight:
    """The default profile is active wherever no other one is: its lamp tells that it forwards."""
    wanted = int(favourite.target)
    if (here := world.view.forwarding) is not None:  # calls are forwarded here, not by the PBX
        is_in_use = wanted != DEFAULT_PROFILE or bool(here.forwards)
        return Sight(Seen(is_on=here.profile == wanted and is_in_use))
    known = world.facts.profiles.get(world.own, world.at_s, world.facts.up)
    if known is None:
        return Sight(Seen())
    is_in_use = wanted != DEFAULT_PROFILE or known.fact.is_forwarding
    is_on = known.fact.profile == wanted and is_in_use
    return Sight(Seen(is_on=is_on), known.pbx, known.until_s)
