"""The way to the devices, chosen once and doubted when something fails. Thread-safe.

Only supervising threads ask, because finding out means to start ``pactl`` and may take 3 s when the
server hangs.
"""

import threading
from dataclasses import dataclass

from bridge.engine.audio.devices import (
    NO_WAY,
    SERVER_AWAY,
    device_at,
    find_backend,
    list_devices,
    player_command,
    pulse_answers,
    recorder_command,
    unknown_device,
)
from bridge.engine.audio.echo import EchoCanceller
from bridge.engine.audio.health import Part
from bridge.engine.audio.scene import Pair
from bridge.model.sound import SoundBackend, SoundKind, SoundSettings

IN_CALLS = (Part.MICROPHONE, Part.SPEAKER)


@dataclass(frozen=True, slots=True)
class Launch:
    """What to start.

    Args:
        command: program and arguments; empty when there is no way to any device.
        trouble: one sentence if this is not what the user asked for, else empty.
        own: name of the headset's own device if that is what is used, else empty.
        plugging: which plugging of the device it was, empty when not known.
        pair: devices without echo that stand for the real ones, None where those are used.
    """

    command: list[str]
    trouble: str = ""
    own: str = ""
    plugging: str = ""
    pair: Pair | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """Which device a part is to use at this moment.

    Args:
        own: the headset's own, empty when there is none.
        missing: without one: a sentence if the configured device is not there, else empty.
        plugging: of the device by name, empty when it is not there.
        is_known: the server answered.
    """

    own: str = ""
    missing: str = ""
    plugging: str = ""
    is_known: bool = True


class Route:
    """Finds programs and devices for the settings.

    Args:
        settings: what the user asked for; backend ``AUTO``, ``PULSE`` or ``ALSA``.
        echo: takes the speaker out of the microphone; None: nobody does.
    """

    def __init__(self, settings: SoundSettings, echo: EchoCanceller | None = None) -> None:
        self._settings = settings
        self._echo = echo if echo is not None and echo.is_wanted else None
        self._port, self._ring_port = settings.port, settings.ring_port
        self._lock = threading.Lock()
        self._backend: SoundBackend | None = None
        self._had_pulse = False

    @property
    def backend(self) -> SoundBackend:
        """Return what is in use; ``SILENT`` while nothing was found."""
        return self._backend or SoundBackend.SILENT

    def find(self) -> SoundBackend:
        """Return the way to use, looking for one if there is none. May take seconds."""
        with self._lock:
            if self._backend is None:
                found = find_backend(self._wanted())
                self._backend = None if found is SoundBackend.SILENT else found
                self._had_pulse = self._had_pulse or found is SoundBackend.PULSE
            return self._backend or SoundBackend.SILENT

    def _wanted(self) -> SoundBackend:
        # A server that is just being restarted must find its cards free: never go past it.
        if self._had_pulse and self._settings.backend is SoundBackend.AUTO:
            return SoundBackend.PULSE if pulse_answers() else SoundBackend.SILENT
        return self._settings.backend

    def look(self) -> str:
        """Look anew for a way; return a sentence if there is none, else nothing."""
        self.doubt()
        if self._settings.backend is SoundBackend.PULSE and not pulse_answers():
            return SERVER_AWAY
        return self._no_way() if self.find() is SoundBackend.SILENT else ""

    def _no_way(self) -> str:
        return SERVER_AWAY if self._had_pulse else NO_WAY

    def doubt(self) -> None:
        """Look again the next time: a program could not reach its device."""
        with self._lock:
            self._backend = None
        if self._echo is not None:
            self._echo.doubt()

    def launch(self, part: Part, *, fall_back: bool) -> Launch:
        """Return how to start the program of a part.

        Args:
            part: microphone, speaker or ringer.
            fall_back: the named device did not work: use the default one if it is not there.
        """
        backend = self.find()
        if backend is SoundBackend.SILENT:
            return Launch([], self._no_way())
        pair = self._without_echo(part)
        # PipeWire opens the default device in the place of a name it does not know, without a word.
        asked = fall_back or backend is SoundBackend.PULSE
        meant = self.meant(part) if asked or self._port_of(part) else Meant()
        if pair is not None:
            name = pair.microphone if part is Part.MICROPHONE else pair.speaker
            command = self._command(backend, part, name)
            return Launch(command, meant.missing, meant.own, meant.plugging, pair)
        trouble = meant.missing if asked else ""
        name = meant.own or ("" if trouble else self.name_of(part))
        return Launch(self._command(backend, part, name), trouble, meant.own, meant.plugging)

    def _without_echo(self, part: Part) -> Pair | None:
        """Return the devices without echo that stand for those meant, None for those themselves."""
        if self._echo is None or part not in IN_CALLS:
            return None
        if self._backend is not SoundBackend.PULSE:
            self._echo.no_server()
            return None
        return self._echo.devices(*self._both())

    def is_outdated(self, part: Part, launch: Launch) -> bool:
        """Tell whether the echo canceller now belongs to other devices than then, or has gone."""
        if self._echo is None or part not in IN_CALLS or self._backend is not SoundBackend.PULSE:
            return False
        return self._echo.is_outdated(launch.pair, *self._both())

    def _both(self) -> tuple[str, str]:
        """Return the names of microphone and speaker as meant, empty for the default ones."""
        own = [self.meant(part).own if self._port else "" for part in IN_CALLS]
        return own[0] or self.name_of(IN_CALLS[0]), own[1] or self.name_of(IN_CALLS[1])

    def follow(self, port: str, ring_port: str) -> bool:
        """Prefer microphone and speaker of the device at a USB port from the next launch on.

        Args:
            port: such as ``1-2.3``; empty = as configured.
            ring_port: the same for the ring tone in the headset.

        Returns:
            Whether that is news to microphone and speaker.
        """
        is_news = port != self._port
        self._port, self._ring_port = port, ring_port
        return is_news

    def _port_of(self, part: Part) -> str:
        """Return where the headset of a part is plugged in, empty for none."""
        match part:
            case Part.MICROPHONE | Part.SPEAKER:
                return self._port
            case Part.HEADSET_RINGER:
                return self._ring_port
            case _:
                return ""

    def has_choice(self, part: Part) -> bool:
        """Tell whether a part may have another device than the default one."""
        return bool(self.name_of(part) or self._port_of(part))

    def is_watched(self, part: Part) -> bool:
        """Tell whether a part may come to mean another device while it is open."""
        return self.has_choice(part) or (self._echo is not None and part in IN_CALLS)

    def name_of(self, part: Part) -> str:
        """Return the configured device of a part, empty for the default."""
        match part:
            case Part.MICROPHONE:
                return self._settings.microphone
            case Part.SPEAKER | Part.HEADSET_RINGER:
                return self._settings.speaker
            case _:
                return self._settings.ringer

    def meant(self, part: Part) -> Meant:
        """Return which device a part is to use, by what is there now."""
        if not self.has_choice(part):
            return Meant()
        kind = SoundKind.MICROPHONE if part is Part.MICROPHONE else SoundKind.SPEAKER
        there = [d for d in list_devices(self.find()) if d.kind is kind]
        if not there:  # no answer is no proof that the device is missing
            return Meant(is_known=False)
        own = device_at(there, kind, self._port_of(part))
        name = "" if own else self.name_of(part)
        plugging = next((d.plugging for d in there if d.name == (own or name)), "")
        return Meant(own, unknown_device(there, kind, name, part.value), plugging)

    def _command(self, backend: SoundBackend, part: Part, name: str) -> list[str]:
        rate_hz = self._settings.rate_hz
        match part:
            case Part.MICROPHONE:
                return recorder_command(backend, name, rate_hz)
            case Part.RINGER | Part.HEADSET_RINGER:
                return player_command(backend, name, rate_hz, "ring tone")
            case _:
                return player_command(backend, name, rate_hz)
