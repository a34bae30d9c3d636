"""Presence: its settings, made of sections that are right by now."""

from bridge.config.presence_schema import PresenceSection
from bridge.model.blf import Extension, PresenceState
from bridge.model.features import PresenceRules, PresenceSettings

MINUTE_S = 60


def presence_settings(
    section: PresenceSection, own: Extension, bridge: str, pbx: str
) -> PresenceSettings:
    """Return the settings.

    Args:
        section: as configured.
        own: our extension.
        bridge: id of this bridge.
        pbx: id of the PBX, empty = none.
    """
    return PresenceSettings(
        extension=own,
        has_pbx=bool(pbx and own),
        rules=PresenceRules(section.away_after * MINUTE_S),
        elsewhere=PresenceState(section.elsewhere),
        publish_as=(section.user or bridge) if section.publish else "",
    )
