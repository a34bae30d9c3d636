"""Own presence at the PBX: what to tell it, and what it says that somebody else has changed.

Theory. The PBX holds the presence, so that all telephones of a user agree; each of them may change
it. What it says within a few seconds after an order of ours is how it words that order. A different
word later is another device's doing, and counts here as set by hand. After a start of ours the
PBX's word counts more than what we remember; after a loss of the PBX, one that holds nothing has
forgotten it and is told again, unless it has ended meanwhile.

A call is not told: the PBX sees all lines of the user, and sees it sooner. What follows from time
or a meeting is told with an end, and again before it: a bridge that dies leaves nobody away.
"""

from dataclasses import dataclass, replace

from bridge.features.presence import shown_presence
from bridge.model.blf import Extension, PresenceFact, PresenceState
from bridge.model.features import Presence, PresenceRules
from bridge.model.pbx import PbxCommand, SetGlobalDnd, SetPresence

QUIET_MS = 3000  # an order and its state take two ways over the broker: far below a second
LEASE_MS = 900_000  # what is not set by hand ends at the PBX by itself after this
RENEW_MS = 300_000  # and is told again when so little is left


@dataclass(frozen=True, slots=True)
class Said:
    """What the PBX is told.

    Args:
        presence: ``NONE`` = nothing, the line speaks.
        text: free text.
        until_ms: when it ends, Unix milliseconds; 0 = not by itself.
        leased: it follows from time or a meeting, and is told again before it ends.
    """

    presence: PresenceState = PresenceState.NONE
    text: str = ""
    until_ms: int = 0
    leased: bool = False

    @property
    def is_obeyed(self) -> bool:
        """Whether it is do not disturb, by which the PBX keeps calls away, and not only shown."""
        return self.presence is PresenceState.DND and not self.leased


NOTHING = Said()


@dataclass(frozen=True, slots=True)
class PbxLink:
    """What stands between us and the PBX.

    Args:
        is_up: its facts are complete.
        at: what it holds as far as we know.
        word: how it says that; None = it has not spoken in this run.
        repeated: what it has said since it was lost, before it is up again.
        quiet_until_ms: so long what it says is the echo of an order of ours.
    """

    is_up: bool = False
    at: Said = NOTHING
    word: PresenceState | None = None
    repeated: PresenceFact | None = None
    quiet_until_ms: int = 0


def said_to_pbx(presence: Presence, rules: PresenceRules, now_ms: int) -> Said:
    """Return what the PBX shall hold.

    Args:
        presence: ours.
        rules: settings.
        now_ms: Unix milliseconds.
    """
    shown = shown_presence(replace(presence, line_busy=False), rules, now_ms)
    if shown.is_by_hand:
        return Said(shown.presence, shown.text, presence.until_ms)
    if shown.presence is PresenceState.AVAILABLE:
        return NOTHING
    if presence.line_busy and presence.elsewhere is PresenceState.NONE:
        return NOTHING
    return Said(shown.presence, until_ms=now_ms + LEASE_MS, leased=True)


def to_tell(link: PbxLink, presence: Presence, rules: PresenceRules, now_ms: int) -> Said | None:
    """Return what the PBX has to be told now, None when it is right or cannot be told."""
    wanted = said_to_pbx(presence, rules, now_ms)
    if not link.is_up or wanted == link.at:
        return None
    if wanted.leased and link.at.leased and wanted.presence is link.at.presence:
        return wanted if link.at.until_ms - now_ms <= RENEW_MS else None
    return wanted


def renewal_ms(link: PbxLink) -> int:
    """Return when to look again because a lease is about to end; 0 = not."""
    return link.at.until_ms - RENEW_MS if link.is_up and link.at.leased else 0


def orders_for(own: Extension, before: Said, after: Said) -> tuple[PbxCommand, ...]:
    """Return the orders that lead from one to the other.

    ``dnd`` set by hand is do not disturb at the PBX: calls do not come. It has no end there, so
    what follows from a meeting is only shown: nobody would take it back for a bridge that died.
    """
    said = SetPresence(own, after.presence, after.text, after.until_ms)
    if after.is_obeyed:
        rest = not before.is_obeyed and before.presence is not PresenceState.NONE
        taken_back = (SetPresence(own, PresenceState.NONE),) if rest else ()
        return (SetGlobalDnd(own, on=True), *taken_back)
    if before.is_obeyed:
        return (SetGlobalDnd(own, on=False), said)
    return (said,)


# -- what happens ------------------------------------------------------------------


def ordered(link: PbxLink, now_ms: int) -> PbxLink:
    """An order is on its way: what follows within a moment is its echo."""
    return replace(link, quiet_until_ms=now_ms + QUIET_MS)


def told(link: PbxLink, said: Said, now_ms: int) -> PbxLink:
    """The PBX has confirmed what it was told."""
    return replace(ordered(link, now_ms), at=said, word=said.presence)


def lost(link: PbxLink) -> PbxLink:
    """The PBX cannot be heard any more."""
    return replace(link, is_up=False, repeated=None)


def heard(
    link: PbxLink, presence: Presence, fact: PresenceFact, now_ms: int
) -> tuple[PbxLink, Presence]:
    """The PBX has said something about us."""
    if not link.is_up:
        return replace(link, repeated=fact), presence
    if now_ms < link.quiet_until_ms or fact.presence is link.word:
        return replace(link, word=fact.presence), presence
    return _adopt(link, presence, fact)


def came_up(link: PbxLink, presence: Presence) -> tuple[PbxLink, Presence]:
    """The PBX has said everything it holds."""
    fact, word = link.repeated, link.word
    link = replace(link, is_up=True, repeated=None)
    if fact is None:
        return replace(link, at=NOTHING, word=PresenceState.NONE), presence
    if word is None and fact.presence is presence.by_hand:  # as remembered: still ours
        at = Said(presence.by_hand, presence.text, presence.until_ms)
        return replace(link, at=at, word=fact.presence), presence
    if fact.presence is word:
        return link, presence
    if word is not None and fact.presence is PresenceState.NONE:  # it was started again
        return replace(link, at=NOTHING, word=fact.presence), presence
    return _adopt(link, presence, fact)


def _adopt(link: PbxLink, presence: Presence, fact: PresenceFact) -> tuple[PbxLink, Presence]:
    """Take over what another device of the user has set."""
    at = Said(fact.presence, fact.text, fact.until_ms)
    changed = replace(presence, by_hand=fact.presence, text=fact.text, until_ms=fact.until_ms)
    return replace(link, at=at, word=fact.presence), changed
