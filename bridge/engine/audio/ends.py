"""Microphone and speaker of the moment, with their volumes, as the port on the bridge sees them."""

from bridge.engine.audio.extras import Ear
from bridge.engine.audio.health import Health
from bridge.engine.audio.rig import make_rig
from bridge.engine.audio.volume import Volume
from bridge.model.sound import SoundSettings, Volumes


class RigEnds:
    """Where the frames of the port of microphone and speaker go; satisfies ``port.Ends``.

    Args:
        settings: of the first rig; another one may take over between two ticks.
        health: who is told of troubles.
        ear: mixes beeps into what the speaker gets.
    """

    def __init__(self, settings: SoundSettings, health: Health, ear: Ear) -> None:
        self._health = health
        self._ear = ear
        volumes = settings.volumes
        self._microphone = Volume(volumes.microphone)
        self._speaker = Volume(volumes.speaker)
        self._ringer = Volume(volumes.ringer)
        self._is_heard = True
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
        return self._microphone.of(self.rig.take())

    def put(self, frame: bytes) -> None:
        """Play a frame; never blocks.

        In each tick the bridge first takes from the ports that anybody hears, then puts into all:
        two puts in a row tell that nobody hears the microphone.
        """
        if not self._is_heard:
            self.rig.unheard()
        self._is_heard = False
        self.rig.put(self._speaker.of(self._ear.heard(frame)))
