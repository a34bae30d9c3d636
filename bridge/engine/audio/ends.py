"""Microphone and speaker of the moment, with their volumes, as the port on the bridge sees them."""

import time
from collections.abc import Callable

from bridge.engine.audio.extras import Ear
from bridge.engine.audio.health import Health
from bridge.engine.audio.rig import make_rig
from bridge.engine.audio.volume import Volume
from bridge.model.sound import SoundSettings, Volumes

PACE_S = 0.005  # between ticks that are made up for; four times as fast as usual
DRY_PACE_S = 0.015  # the same while the microphone has nothing yet …
DRY_TICKS = 3  # … at most: a recorder that lives needs 10 ms (measured after stalls of 300 ms)


class RigEnds:
    """Where the frames of the port of microphone and speaker go; satisfies ``port.Ends``.

    Args:
        settings: of the first rig; another one may take over between two ticks.
        health: who is told of troubles.
        ear: mixes beeps into what the speaker gets.
        now, sleep: monotonic seconds, and how to let them pass.
    """

    def __init__(
        self,
        settings: SoundSettings,
        health: Health,
        ear: Ear,
        now: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._health = health
        self._ear = ear
        self._now, self._sleep = now, sleep
        volumes = settings.volumes
        self._microphone = Volume(volumes.microphone)
        self._speaker = Volume(volumes.speaker)
        self._ringer = Volume(volumes.ringer)
        self._is_heard = True
        self._ticked_at_s = now() - DRY_PACE_S
        self._is_late = False
        self._dry_ticks = 0
        self.use(settings)

    def use(self, settings: SoundSettings) -> None:
        """Use other devices."""
        self.rig = make_rig(settings, self._health, self._ringer)
        self.turn(settings.volumes)

    def turn(self, volumes: Volumes) -> None:
        """Be louder or quieter from the next frame on."""
        self._microphone.factor = volumes.microphone
        self._speaker.factor = volumes.speaker
        self._ringer.factor = volumes.ringer

    def take(self) -> bytes:
        """Return a frame of the microphone; never blocks."""
        self._is_heard = True
        return self._microphone.of(self.rig.take(late=self._is_late))

    def put(self, frame: bytes) -> None:
        """Play a frame; blocks for ``DRY_PACE_S`` at most, and only when the bridge is late.

        In each tick the bridge first takes from the ports that anybody hears, then puts into all:
        two puts in a row tell that nobody hears the microphone.
        """
        if not self._is_heard:
            self.rig.unheard()
        self._is_heard = False
        self.rig.put(self._speaker.of(self._ear.heard(frame)))
        self._keep_pace()

    def _keep_pace(self) -> None:
        """Let others work between ticks that are made up for.

        After a stall PJSIP makes up for all ticks in a millisecond. That is before anybody could
        read what microphone and network have had ready since, so that silence would be taken.
        Slower, they find it all, and nothing has to be made up for by anybody else.
        """
        is_dry = self._dry_ticks < DRY_TICKS and not self.rig.has_sound()
        early_s = self._ticked_at_s + (DRY_PACE_S if is_dry else PACE_S) - self._now()
        self._is_late = early_s > 0
        if self._is_late:
            self._sleep(early_s)
        self._dry_ticks = self._dry_ticks + is_dry if self._is_late else 0
        self._ticked_at_s = self._now()
