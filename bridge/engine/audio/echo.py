"""Echo cancellation by the sound server's own module, for as long as devices are open.

``module-echo-cancel`` makes a microphone and a speaker out of two real ones; what is played on its
speaker is taken out of what its microphone gives. The engine whose call sounds loads it and
unloads it when it closes its devices: between calls nothing of ours is in the server, and of
several engines only the one in a call has it. A killed engine leaves its module behind; the name
tells whose it was, and the next engine that starts takes it away.

Sources: module-echo-cancel.c of PulseAudio 16.1 and PipeWire 0.3.65 (argument names differ).
"""

import itertools
import logging
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bridge.engine.audio.health import Health, Part
from bridge.engine.audio.programs import ask, order
from bridge.engine.audio.scene import OURS, Pair, Scene, read_scene
from bridge.model.sound import EchoCancel, SoundSettings

log = logging.getLogger(__name__)

FRESH_S = 1.0  # microphone and speaker open at the same time and need not both look

MODULE = "module-echo-cancel"

NO_SERVER = (
    "echo cancellation needs PulseAudio or PipeWire, and neither is in use: calls go on without; "
    "use a headset, or a speakerphone with its own"
)

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A module of ours.

    Args:
        module: number the server gave it.
        real: what it was made of.
        ours: the devices it made.
    """

    module: str
    real: Pair
    ours: Pair


class EchoCanceller:
    """Loads and unloads the module; thread-safe, and every method may take as long as ``pactl``.

    Args:
        settings: whether to, and how.
        health: who is told when it cannot be.
        now: monotonic seconds.
    """

    def __init__(
        self, settings: SoundSettings, health: Health, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self.speakerphones = frozenset(settings.speakerphones)
        self._health = health
        self._now = now
        self._lock = threading.Lock()
        self._loaded: _Loaded | None = None
        self._refused: Pair | None = None  # the server could not, for these
        self._scene: Scene | None = None
        self._looked_at_s = -FRESH_S

    @property
    def is_wanted(self) -> bool:
        """Tell whether it may ever be used."""
        return self._settings.echo_cancel is not EchoCancel.OFF

    def devices(self, microphone: str, speaker: str) -> Pair | None:
        """Return the devices to open instead of the real ones; None: open those.

        Args:
            microphone: name of the real one, empty for the default one.
            speaker: likewise.
        """
        if not self.is_wanted:
            return None
        with self._lock:
            real = self._real(microphone, speaker)
            if self._is_as(real):
                return self._loaded.ours if self._loaded else None
            self._unload()
            if real is None:
                self._health.report(Part.ECHO, "")
                return None
            return self._load(real)

    def is_outdated(self, used: Pair | None, microphone: str, speaker: str) -> bool:
        """Tell whether ``devices`` would now return others.

        Args:
            used: what it returned when the device was opened; the other part may have had other
                devices made since.
            microphone: as for ``devices``.
            speaker: likewise.
        """
        if not self.is_wanted:
            return False
        with self._lock:
            is_as = self._is_as(self._real(microphone, speaker))
            return not is_as or used != (self._loaded.ours if self._loaded else None)

    def release(self, is_needed: Callable[[], bool]) -> None:
        """Take the module away, unless somebody has opened devices meanwhile."""
        with self._lock:
            if not is_needed():
                self._refused = None
                self._unload()

    def doubt(self) -> None:
        """Look again the next time: what was there a moment ago may be gone."""
        self._looked_at_s = self._now() - FRESH_S

    def no_server(self) -> None:
        """Say that the way in use has no such thing, if it was asked for by name."""
        if self._settings.echo_cancel is EchoCancel.SERVER:
            self._health.report(Part.ECHO, NO_SERVER)

    def _is_as(self, real: Pair | None) -> bool:
        """Tell whether what is loaded is what is wanted, and the server still has it."""
        if self._loaded is None:
            return real is None or real == self._refused
        is_there = self._scene is None or self._scene.has(self._loaded.ours)
        return real == self._loaded.real and is_there

    def _real(self, microphone: str, speaker: str) -> Pair | None:
        """Return the devices whose echo is to be taken away, None for no such thing."""
        self._look()
        if self._scene is None:  # no answer: leave it as it is
            return self._loaded.real if self._loaded else None
        pair = self._scene.meant(microphone, speaker)
        if pair is None or self._settings.echo_cancel is EchoCancel.SERVER:
            return pair
        return pair if self._scene.is_in_the_room(pair.speaker, self.speakerphones) else None

    def _look(self) -> None:
        if self._now() - self._looked_at_s >= FRESH_S:
            everything = ask("pactl", "--format=json", "list")
            self._scene = read_scene(everything, ask("pactl", "--format=json", "info"))
            self._looked_at_s = self._now()

    def _load(self, real: Pair) -> Pair | None:
        stem = f"{OURS}{_owner(os.getpid())}_{next(_numbers)}"
        ours = Pair(f"{stem}_microphone", f"{stem}_speaker")
        is_pipewire = self._scene is not None and self._scene.is_pipewire
        command = _command(real, ours)
        quiet = self._settings.noise_suppression
        parts = (
            _pipewire_parts(quiet) if is_pipewire else _pulse_parts(quiet, self._settings.rate_hz)
        )
        number, said = order(*command, *parts)
        if not number:  # another kind of canceller, built into this server, has other parts
            number, _ = order(*command)
        self.doubt()
        if not number:
            self._refused = real
            self._health.report(Part.ECHO, _trouble(said))
            return None
        self._refused, self._loaded = None, _Loaded(number.strip(), real, ours)
        log.info("sound: echo of %s is taken out of %s", real.speaker, real.microphone)
        self._health.report(Part.ECHO, "")
        return ours

    def _unload(self) -> None:
        if self._loaded is not None:
            order("pactl", "unload-module", self._loaded.module)
            self._loaded = None
            self.doubt()


def take_leftovers_away() -> None:
    """Unload what engines that were killed have left in the server; ours and the living's stay."""
    for row in ask("pactl", "list", "short", "modules").splitlines():
        owner = re.search(rf"\bsource_name={OURS}((\d+)_\d+)_", row)
        if owner and owner[1] != _owner(int(owner[2])):
            order("pactl", "unload-module", row.split("\t")[0])
            log.info("sound: an echo canceller that a killed engine left behind was taken away")


def _owner(pid: int) -> str:
    """Return a process as no later one is called: its id and when it was started."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return f"{pid}_{stat.rpartition(')')[2].split()[19]}"  # field 22 of proc(5), clock ticks


def _command(real: Pair, ours: Pair) -> list[str]:
    described = "=\"device.description='Offhook (without echo)'\""
    return [
        *("pactl", "load-module", MODULE),
        *(f"source_name={ours.microphone}", f"source_master={real.microphone}"),
        *(f"sink_name={ours.speaker}", f"sink_master={real.speaker}"),
        *(f"source_properties{described}", f"sink_properties{described}"),
    ]


def _pulse_parts(quiet: bool, rate_hz: int) -> list[str]:
    """Return what PulseAudio's WebRTC canceller is to do; how loud one is, is set elsewhere."""
    parts = f"noise_suppression={int(quiet)} analog_gain_control=0 digital_gain_control=0"
    return [f"rate={rate_hz}", "channels=1", f'aec_args="{parts}"']


def _pipewire_parts(quiet: bool) -> list[str]:
    """Return what PipeWire's is to do, at its own rate: at 16 kHz it takes away 3 dB instead of 50.

    Measured with PipeWire 0.3.65, echo path of 30 ms.
    """
    return [f'aec_args="webrtc.noise_suppression={str(quiet).lower()} webrtc.gain_control=false"']


def _trouble(said: str) -> str:
    return (
        f"echo cancellation does not work: the sound server cannot load {MODULE} "
        f"({said}): calls go on without; use a headset, or install what it lacks "
        "(Debian: pulseaudio, or libspa-0.2-modules for PipeWire)"
    )
