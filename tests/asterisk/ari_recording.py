"""What a live Asterisk said over ARI: events by what caused them, lists of channels."""

from dataclasses import dataclass, field
from functools import cache

from tests.asterisk.recordings import PLACE


@dataclass
class AriRecording:
    """``ari.txt``.

    Args:
        events: as sent, by the title of what caused them, in order.
        channels: answers to ``GET /ari/channels``, by the moment.
    """

    events: dict[str, list[str]] = field(default_factory=dict)
    channels: dict[str, str] = field(default_factory=dict)


@cache
def ari_recording() -> AriRecording:
    """Return what was recorded."""
    found = AriRecording()
    title = moment = ""
    for line in (PLACE / "ari.txt").read_text().splitlines():
        if line.startswith("GET /ari/channels "):
            moment = line.split()[2]
        elif line.startswith("event "):
            title = line.removeprefix("event ")
        elif moment:
            found.channels[moment], moment = line, ""
        elif not line.startswith("#"):
            found.events.setdefault(title, []).append(line)
    return found
