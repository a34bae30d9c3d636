"""Presence: what others see of a user, from what he set and what he does.

Theory: what was set by hand wins until it expires; then a meeting or another program's call; then
his own line; then, after a time without a sign of life, away. Time is data: the answer says when
to look again.
"""

from dataclasses import replace

from bridge.model.blf import PresenceState
from bridge.model.features import Presence, PresenceRules, ShownPresence

TEXT_LIMIT = 140  # characters


def shown_presence(presence: Presence, rules: PresenceRules, now_ms: int) -> ShownPresence:
    """Return what others see.

    Args:
        presence: what it follows from.
        rules: settings.
        now_ms: Unix milliseconds.
    """
    expires = presence.until_ms if presence.until_ms > now_ms else 0
    if presence.by_hand is not PresenceState.NONE and (expires or not presence.until_ms):
        return ShownPresence(presence.by_hand, presence.text, expires, is_by_hand=True)
    if presence.elsewhere is not PresenceState.NONE:
        return ShownPresence(presence.elsewhere)
    if presence.line_busy:
        return ShownPresence(PresenceState.BUSY)
    return _by_activity(presence, rules, now_ms)


def _by_activity(presence: Presence, rules: PresenceRules, now_ms: int) -> ShownPresence:
    if not rules.away_after_s or not presence.idle_since_ms:
        return ShownPresence(PresenceState.AVAILABLE)
    away_ms = presence.idle_since_ms + rules.away_after_s * 1000
    if now_ms >= away_ms:
        return ShownPresence(PresenceState.AWAY)
    return ShownPresence(PresenceState.AVAILABLE, next_ms=away_ms)


def set_by_hand(
    presence: Presence, wanted: PresenceState, now_ms: int, text: str = "", until_ms: int = 0
) -> Presence | str:
    """Return the presence with a state set by hand, or one sentence why not.

    Args:
        presence: before.
        wanted: the state; ``NONE`` = automatic again, without text and expiry.
        now_ms: Unix milliseconds.
        text: free text.
        until_ms: when it ends by itself; 0 = not.
    """
    if wanted is PresenceState.NONE:
        return replace(presence, by_hand=wanted, text="", until_ms=0)
    if until_ms and until_ms <= now_ms:
        return "the presence would have ended already: give a time that is still to come"
    if len(text) > TEXT_LIMIT:
        return f"the text has {len(text)} characters: at most {TEXT_LIMIT} are shown"
    return replace(presence, by_hand=wanted, text=text, until_ms=until_ms)
