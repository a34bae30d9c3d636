"""What is wrong with the sound at this moment, told once when it changes."""

import logging
import threading
import time
from collections.abc import Callable
from enum import Enum

from bridge.model.events import SoundChanged

log = logging.getLogger(__name__)

Notify = Callable[[SoundChanged], None]
"""Takes one notice, on any thread, and does not block."""


class Part(Enum):
    """What can be lost. The value is the word for it."""

    WAY = "way"  # to any device at all
    MICROPHONE = "microphone"
    SPEAKER = "speaker"
    RINGER = "ringer"
    HEADSET_RINGER = "ringer in the headset"
    MUSIC = "music on hold"  # a file that cannot be played
    TONES = "ring tones"
    ECHO = "echo cancellation"  # the sound server cannot


class Health:
    """Collects the troubles of all parts and tells the sum of them.

    Args:
        notify: gets ``SoundChanged`` when a sentence appears, changes or goes.
        now: monotonic seconds.
    """

    def __init__(self, notify: Notify, now: Callable[[], float] = time.monotonic) -> None:
        self._notify = notify
        self._now = now
        self._lock = threading.Lock()
        self._troubles: dict[Part, str] = {}
        self._told = ""

    def report(self, part: Part, trouble: str) -> None:
        """Note what is wrong with a part, in one sentence; empty: it works."""
        with self._lock:
            if trouble:
                self._troubles[part] = trouble
            else:
                self._troubles.pop(part, None)
            self._tell()

    def forget(self) -> None:
        """Drop all troubles: they were those of other devices."""
        with self._lock:
            self._troubles.clear()
            self._tell()

    def works(self, part: Part) -> bool:
        """Tell whether nothing is known against a part."""
        return part not in self._troubles

    @property
    def is_well(self) -> bool:
        """Tell whether nothing is known against any part."""
        return not self._troubles

    def _tell(self) -> None:
        # Without a way to any device the parts are lost for the same reason: say it once.
        note = self._troubles.get(Part.WAY) or "; ".join(
            self._troubles[p] for p in Part if p in self._troubles
        )
        if note == self._told:
            return
        if note:
            log.warning("sound: %s", note)
        else:
            log.info("sound: microphone, speaker and ringer work again")
        self._told = note
        self._notify(SoundChanged(self._now(), ok=not note, note=note))
