"""Which sound devices and which way to them exist, and how to start a recorder or a player.

Sources: pactl(1), parec(1), arecord(1) of Debian 12 (PulseAudio 16.1, alsa-utils 1.2.8). PipeWire's
pulse server answers the same questions. Nothing is cached here: programs start in 5-15 ms, and only
supervising threads and the command line ask.
"""

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from bridge.engine.audio.cards import port_of_card, usb_port
from bridge.engine.audio.programs import ask
from bridge.engine.audio.scene import OURS
from bridge.model.sound import SoundBackend, SoundDevice, SoundKind

LATENCY_MS = 20  # one frame: 82 ms from mouth to ear in all, measured with PulseAudio 16.1
ALSA_BUFFER_US = 80_000  # four periods: bare ALSA has no server to smooth what a late writer does
ALSA_CARDS = Path("/proc/asound/cards")
DEFAULT_ALSA = "default"
NO_ALSA_DEVICES = frozenset(
    {"", "null", "samplerate", "lavrate", "speexrate", "speex", "speexdsp", "upmix", "vdownmix"}
)  # converters of libasound2-plugins, that ``aplay -L`` lists beside the devices
ALSA_WHOLE_CARD = r"plughw:CARD=([^,]+)"  # the card itself, with conversion of rates

NO_WAY = (
    "no sound server answers and there is no sound card: calls are silent; "
    "start PulseAudio or PipeWire for this user, or plug a device in"
)

SERVER_AWAY = (
    "the sound server does not answer: calls are silent until it is back; "
    "look at it with pactl info"
)


def find_backend(wanted: SoundBackend) -> SoundBackend:
    """Return what ``AUTO`` comes to at this moment; anything else as it is. May take 3 s."""
    if wanted is not SoundBackend.AUTO:
        return wanted
    if pulse_answers():
        return SoundBackend.PULSE
    return SoundBackend.ALSA if alsa_has_cards() else SoundBackend.SILENT


def pulse_answers() -> bool:
    """Tell whether a PulseAudio or PipeWire server can be reached and its clients are installed."""
    return bool(shutil.which("parec") and shutil.which("pacat")) and ask("pactl", "info") != ""


def alsa_has_cards(cards: Path = ALSA_CARDS) -> bool:
    """Tell whether the kernel has a sound card and ALSA's programs are installed."""
    if not (shutil.which("arecord") and shutil.which("aplay")):
        return False
    try:
        return re.search(r"^\s*\d+ \[", cards.read_text(), re.MULTILINE) is not None
    except OSError:
        return False


def recorder_command(backend: SoundBackend, name: str, rate_hz: int) -> list[str]:
    """Return the program that writes raw frames of the microphone to its standard output.

    Args:
        backend: ``PULSE`` or ``ALSA``.
        name: device, empty for the default.
        rate_hz: sample rate.
    """
    if backend is SoundBackend.PULSE:
        return ["parec", *_pulse_options(name, rate_hz, "microphone of a call")]
    return ["arecord", *_alsa_options(name, rate_hz)]


def player_command(
    backend: SoundBackend, name: str, rate_hz: int, stream: str = "other end of a call"
) -> list[str]:
    """Return the program that plays raw frames from its standard input.

    Args:
        backend: ``PULSE`` or ``ALSA``.
        name: device, empty for the default.
        rate_hz: sample rate.
        stream: what the mixer of the desktop shows.
    """
    if backend is SoundBackend.PULSE:
        return ["pacat", "--playback", *_pulse_options(name, rate_hz, stream)]
    return ["aplay", *_alsa_options(name, rate_hz)]


def _pulse_options(name: str, rate_hz: int, stream: str) -> list[str]:
    device = [f"--device={name}"] if name else []
    return [
        *("--raw", "--format=s16le", f"--rate={rate_hz}", "--channels=1"),
        *(f"--latency-msec={LATENCY_MS}", "--client-name=offhook", f"--stream-name={stream}"),
        "--property=media.role=phone",  # desktops lower the music for it
        # PulseAudio's module-filter-heuristics adds one to phone streams; what we want is in echo.
        "--property=filter.suppress=echo-cancel",
        *device,
    ]


def _alsa_options(name: str, rate_hz: int) -> list[str]:
    return [
        *("-q", "-t", "raw", "-f", "S16_LE", "-r", str(rate_hz), "-c", "1"),
        *("--period-time", str(LATENCY_MS * 1000), "--buffer-time", str(ALSA_BUFFER_US)),
        *("-D", name or DEFAULT_ALSA),
    ]


def list_devices(backend: SoundBackend = SoundBackend.AUTO) -> list[SoundDevice]:
    """Return every device that can be named in the configuration, microphones first.

    Args:
        backend: the way to ask; ``SILENT`` and ``TEST`` have no devices.
    """
    match find_backend(backend):
        case SoundBackend.PULSE:
            return _pulse_devices()
        case SoundBackend.ALSA:
            return parse_alsa(ask("arecord", "-L"), SoundKind.MICROPHONE) + parse_alsa(
                ask("aplay", "-L"), SoundKind.SPEAKER
            )
        case _:
            return []


def _pulse_devices() -> list[SoundDevice]:
    info = ask("pactl", "info")
    return parse_pulse(
        ask("pactl", "--format=json", "list", "sources"),
        SoundKind.MICROPHONE,
        _field(info, "Default Source"),
    ) + parse_pulse(
        ask("pactl", "--format=json", "list", "sinks"),
        SoundKind.SPEAKER,
        _field(info, "Default Sink"),
    )


def parse_pulse(text: str, kind: SoundKind, default: str) -> list[SoundDevice]:
    """Return the devices of ``pactl --format=json list sources|sinks``.

    What a speaker plays may be chosen as a microphone (``….monitor``), but is no part of a headset.

    Args:
        text: what pactl wrote; anything else gives an empty list.
        kind: direction asked for.
        default: name of the server's default device.
    """
    try:
        rows = json.loads(text)
    except ValueError:
        return []
    if not isinstance(rows, list):
        return []
    return [
        SoundDevice(
            str(row["name"]),
            str(row.get("description") or row["name"]),
            kind,
            row["name"] == default,
            _pulse_port(row.get("properties")),
            str(row.get("index", "")),
        )
        for row in rows
        if isinstance(row, dict) and row.get("name") and not str(row["name"]).startswith(OURS)
    ]


def _pulse_port(properties: object) -> str:
    """Return where a device is plugged in.

    PulseAudio has the path in sysfs; PipeWire has the number of the card alone.
    """
    if not isinstance(properties, dict) or properties.get("device.class") == "monitor":
        return ""
    path = properties.get("sysfs.path")
    return usb_port(str(path)) if path else port_of_card(str(properties.get("alsa.card", "")))


def parse_alsa(
    text: str, kind: SoundKind, port_of: Callable[[str], str] = port_of_card
) -> list[SoundDevice]:
    """Return the devices of ``arecord -L`` or ``aplay -L``: name at the margin, text indented.

    Args:
        text: what the program wrote.
        kind: direction asked for.
        port_of: where the card of that name is plugged in.
    """
    devices: list[SoundDevice] = []
    for block in re.split(r"\n(?=\S)", text.strip("\n")):
        name, _, rest = block.partition("\n")
        if name.strip() in NO_ALSA_DEVICES:
            continue
        description = ", ".join(line.strip() for line in rest.splitlines() if line.strip())
        name = name.strip()
        card = re.match(ALSA_WHOLE_CARD, name)
        port = port_of(card[1]) if card else ""
        is_default = name == DEFAULT_ALSA
        devices.append(SoundDevice(name, description or name, kind, is_default, port))
    return devices


def device_at(devices: Sequence[SoundDevice], kind: SoundKind, port: str) -> str:
    """Return the name of the device of a kind at a USB port, empty for none.

    A card with several (the chat and the game sides of some headsets) gives the system's default
    one if that is among them, else its first.
    """
    there = [d for d in devices if d.kind is kind and d.port == port]
    there.sort(key=lambda device: not device.is_default)
    return there[0].name if there and port else ""


def unknown_device(devices: list[SoundDevice], kind: SoundKind, name: str, role: str = "") -> str:
    """Return why a configured device cannot be used, or an empty string if it is there.

    Args:
        devices: what ``list_devices`` said.
        kind: direction.
        name: as configured, empty for the default device.
        role: what the configuration calls it, if not the direction.
    """
    there = [d.name for d in devices if d.kind is kind]
    if not name or name in there or name.startswith("@"):  # the server's words for its default
        return ""
    missing = f"{role or kind.value} {name!r} is not there"
    if not there:
        return f"{missing}, nor any other: plug one in"
    return f"{missing}; using the default one; there are: {', '.join(there)}"


def _field(text: str, key: str) -> str:
    found = re.search(rf"^{key}: (.+)$", text, re.MULTILINE)
    return found[1].strip() if found else ""
