"""Words about sound: which devices there are, how loud the microphone is, whether all is heard."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.exits import Exit
from bridge.cli.show import columns, emit, inner
from bridge.cli.where import connect
from bridge.config.load import load_config
from bridge.engine.audio.devices import NO_WAY, find_backend, list_devices
from bridge.engine.audio.health import Part
from bridge.engine.audio.pcm import FLOOR_DBFS, FRAME_S
from bridge.engine.audio.route import Launch, Route
from bridge.engine.audio.trial import Level, level_of, play, recorded, rising_notes
from bridge.engine.audio.trial import levels as metered
from bridge.model.engine import EngineSettings
from bridge.model.errors import TransportError
from bridge.model.sound import (
    RingAt,
    SoundBackend,
    SoundDevice,
    SoundKind,
    SoundPart,
    SoundSettings,
)
from bridge.protocols.control_wire import GetStatus, SetVolume

if TYPE_CHECKING:
    from bridge.cli.looping import Spoken

PARTS = (Part.MICROPHONE, Part.SPEAKER, Part.RINGER)
ECHO_S = 3.0
OPENING_S = 0.5  # a recorder gives silence or a click while its device wakes up
SILENT_DBFS = -70.0  # a live microphone in a quiet room hisses at -60 or more; a muted one at -90
OVERDRIVEN_DBFS = -1.0
BAR_DBFS = -60.0  # left end of the meter; speech is at -40 to -15
BAR_CHARACTERS = 40

LOOP_S = 5.0
LATE_MS = 300.0  # there and back: 150 ms one way pleases nearly everybody (ITU-T G.114)

SILENCE = "the microphone gave silence: is it muted at the headset, or turned down?"
AS_CONFIGURED = "audio.backend is silent, so there is no device to use; `auto` finds one"


@dataclass(frozen=True, slots=True)
class Used:
    """What one part uses.

    Args:
        role: microphone, speaker or ringer.
        device: its name, empty when nothing is known.
        setting: the key that says so, empty: the default device.
        note: what is not as configured.
    """

    role: str
    device: str
    setting: str = ""
    note: str = ""


# -- list ---------------------------------------------------------------------


def show(args: argparse.Namespace) -> Exit:
    """List devices; 1 when there are none."""
    settings = _settings(args)
    backend = find_backend(settings.backend)
    devices = list_devices(backend)
    used = [_used(settings, part, devices) for part in PARTS] if devices else []
    notes = [one.note for one in used if one.note] if devices else [_why_none(settings)]
    body = {
        "backend": backend.value,
        "devices": [_body(device, used) for device in devices],
        "used": {one.role: asdict(one) for one in used},
        "notes": notes,
    }
    lines = columns([_row(device, used) for device in devices])
    emit(body, [*lines, *(f"! {note}" for note in notes)], as_json=args.json)
    return Exit.OK if devices else Exit.FAILED


def _why_none(settings: SoundSettings) -> str:
    return AS_CONFIGURED if settings.backend is SoundBackend.SILENT else NO_WAY


def _used(settings: SoundSettings, part: Part, devices: list[SoundDevice]) -> Used:
    kind = _kind(part)
    rings_there = part is Part.RINGER and settings.ring_at is RingAt.HEADSET
    chosen = Part.SPEAKER if rings_there else part
    name = Route(settings).name_of(chosen)
    there = [device for device in devices if device.kind is kind]
    default = next((device.name for device in there if device.is_default), "")
    if not name:
        return Used(part.value, default)
    key = f"audio.{chosen.value}"
    if any(device.name == name for device in there):
        return Used(part.value, name, key)
    return Used(part.value, default, note=f"{key} names {name}, which is not there: default used")


def _kind(part: Part) -> SoundKind:
    return SoundKind.MICROPHONE if part is Part.MICROPHONE else SoundKind.SPEAKER


def _uses(device: SoundDevice, used: list[Used]) -> list[Used]:
    """Return who uses a device; a name may stand for a microphone and a speaker (ALSA)."""
    return [
        one for one in used if one.device == device.name and _kind(Part(one.role)) is device.kind
    ]


def _body(device: SoundDevice, used: list[Used]) -> dict[str, object]:
    return {
        "name": device.name,
        "description": device.description,
        "kind": device.kind.value,
        "default": device.is_default,
        "port": device.port,
        "used_as": [one.role for one in _uses(device, used)],
    }


def _row(device: SoundDevice, used: list[Used]) -> list[str]:
    said = [f"{one.role} by {one.setting or 'default'}" for one in _uses(device, used)]
    if device.is_default:
        said.insert(0, "the default")
    return [device.kind.value, device.name, device.description, ", ".join(said)]


# -- levels -------------------------------------------------------------------


def levels(args: argparse.Namespace) -> Exit:
    """Show the level of the microphone until interrupted."""
    settings = _settings(args)
    if args.device:
        settings = replace(settings, microphone=args.device)
    launch = _launch(settings, Part.MICROPHONE)
    _tell(launch.trouble)
    is_live = sys.stdout.isatty() and not args.json
    for level in metered(recorded(launch, settings.rate_hz), args.seconds):
        line = json.dumps(_level_body(level)) if args.json else meter(level)
        print(f"\r{line}" if is_live else line, end="" if is_live else "\n", flush=True)
    if is_live:
        print()
    return Exit.OK


def meter(level: Level) -> str:
    """Return a level as a line: figure, bar, and what is wrong with it."""
    share = min(1.0, max(0.0, 1 - level.rms_dbfs / BAR_DBFS))
    filled = round(share * BAR_CHARACTERS)
    note = " too loud" if level.peak_dbfs > OVERDRIVEN_DBFS else ""
    return f"{level.rms_dbfs:7.1f} dBFS |{'#' * filled:{BAR_CHARACTERS}}|{note:9}"


def _level_body(level: Level) -> dict[str, float]:
    return {"rms_dbfs": round(level.rms_dbfs, 1), "peak_dbfs": round(level.peak_dbfs, 1)}


# -- volume -------------------------------------------------------------------


def volume(args: argparse.Namespace) -> Exit:
    """Show the volumes of the daemon, or change one."""
    with connect(args) as client:
        if args.part and args.volume:
            body: Mapping[str, object] = client.ask(SetVolume(SoundPart(args.part), args.volume))
        else:
            body = inner(inner(client.ask(GetStatus()), "sound"), "volume")
    parts = [args.part] if args.part else list(body)
    emit(body, columns([[part, f"{body.get(part)} %"] for part in parts]), as_json=args.json)
    return Exit.OK


# -- test ---------------------------------------------------------------------


def test(args: argparse.Namespace) -> Exit:
    """Sound a tone on each output, then record and play back; or call ourselves."""
    if args.loop:
        steps = [*_loop(_engine(args), quiet=args.json)]
    else:
        settings = _settings(args)
        steps = [*_tones(settings, every=args.all, quiet=args.json)]
        steps.append(_echo(settings, quiet=args.json))
    is_ok = all(step["ok"] for step in steps)
    emit({"ok": is_ok, "steps": steps}, [], as_json=args.json)
    return Exit.OK if is_ok else Exit.FAILED


Step = dict[str, object]


def _tones(settings: SoundSettings, *, every: bool, quiet: bool) -> Iterator[Step]:
    backend = _backend(settings)
    named = {"speaker": settings.speaker, "ringer": settings.ringer}
    outputs = list(named.items())
    if every:
        devices = list_devices(backend)
        outputs = [("speaker", one.name) for one in devices if one.kind is SoundKind.SPEAKER]
    elif named["speaker"] == named["ringer"]:
        outputs = [("speaker and ringer", settings.speaker)]
    for role, name in outputs:
        where = f"{role} {name}" if name else f"{role} (the default device)"
        _say(f"a tone on the {where} …", quiet=quiet)
        yield _tone(replace(settings, speaker=name), role, quiet=quiet)


def _tone(settings: SoundSettings, role: str, *, quiet: bool) -> Step:
    step: Step = {"step": "tone", "role": role, "device": settings.speaker}
    try:
        launch = _launch(settings, Part.SPEAKER)
        play(launch, Part.SPEAKER, rising_notes(settings.rate_hz), settings.rate_hz)
    except TransportError as error:
        return _failed(step, str(error), quiet=quiet)
    return _done(step, launch, "played: was it heard?", quiet=quiet)


def _echo(settings: SoundSettings, *, quiet: bool) -> Step:
    """Record, play back, and judge what was recorded."""
    step: Step = {"step": "echo", "seconds": ECHO_S}
    try:
        heard = _launch(settings, Part.MICROPHONE)
        _say(f"speak for {ECHO_S:.0f} s …", quiet=quiet)
        data = _record(heard, settings.rate_hz)
        level = level_of(data)
        _say(f"  {meter(level)}".rstrip(), quiet=quiet)
        _say("this is what it heard …", quiet=quiet)
        play(_launch(settings, Part.SPEAKER), Part.SPEAKER, data, settings.rate_hz)
    except TransportError as error:
        return _failed(step, str(error), quiet=quiet)
    step |= _level_body(level)
    if level.rms_dbfs <= FLOOR_DBFS or level.rms_dbfs < SILENT_DBFS:
        return _failed(step, SILENCE, quiet=quiet)
    return _done(step, heard, "played back: was it you?", quiet=quiet)


def _record(launch: Launch, rate_hz: int) -> bytes:
    frames = recorded(launch, rate_hz)
    try:
        wanted = islice(frames, round(OPENING_S / FRAME_S), round((OPENING_S + ECHO_S) / FRAME_S))
        return b"".join(wanted)
    finally:
        frames.close()


def _loop(settings: EngineSettings, *, quiet: bool) -> Iterator[Step]:
    """Call ourselves: first a tone that is measured, then what is said into the microphone."""
    # Engines and asyncio load slowly, and nobody else here needs them.
    from bridge.cli.looping import measure, speak  # noqa: PLC0415

    step: Step = {"step": "loop"}
    _say("a call to ourselves, without devices …", quiet=quiet)
    try:
        back = measure(settings)
    except TransportError as error:
        yield _failed(step, str(error), quiet=quiet)
        return
    step |= {
        "codec": back.codec,
        "set_up_ms": round(back.set_up_ms),
        "delay_ms": round(back.delay_ms),
        "tone_dbfs": round(back.dbfs, 1),
    }
    text = f"{back.codec}: a tone was back after {back.delay_ms:.0f} ms, at {back.dbfs:.1f} dBFS"
    if back.delay_ms > LATE_MS:
        late = f"{text}; expected at most {LATE_MS:.0f} ms: this machine is too busy for calls"
        yield _failed(step, late, quiet=quiet)
    else:
        yield _done(step, Launch([]), text, quiet=quiet)
    step = {"step": "loop with devices", "seconds": LOOP_S}
    invited = f"a call with your devices: speak for {LOOP_S:.0f} s, and hear yourself come back …"
    try:
        _backend(settings.sound)
        heard = speak(settings, LOOP_S, lambda: _say(invited, quiet=quiet))
    except TransportError as error:
        yield _failed(step, str(error), quiet=quiet)
        return
    yield _judged(step, heard, quiet=quiet)


def _judged(step: Step, heard: "Spoken", *, quiet: bool) -> Step:
    """Judge what the far end heard."""
    step |= {
        "loudest_dbfs": round(heard.loudest_dbfs, 1),
        "delay_ms": round(heard.stats.delay_ms),
        "underruns": heard.stats.underruns,
        "overruns": heard.stats.overruns,
    }
    if heard.note:
        return _failed(step, heard.note, quiet=quiet)
    if heard.loudest_dbfs < SILENT_DBFS:
        return _failed(step, SILENCE, quiet=quiet)
    text = f"arrived at {heard.loudest_dbfs:.1f} dBFS and was sent back: was it you?"
    return _done(step, Launch([]), text, quiet=quiet)


def _failed(step: Step, text: str, *, quiet: bool) -> Step:
    _say(f"  failed: {text}", quiet=quiet)
    return step | {"ok": False, "text": text}


def _done(step: Step, launch: Launch, text: str, *, quiet: bool) -> Step:
    said = f"{text} ({launch.trouble})" if launch.trouble else text
    _say(f"  {said}", quiet=quiet)
    return step | {"ok": not launch.trouble, "text": said}


# -- what all need ------------------------------------------------------------


def _engine(args: argparse.Namespace) -> EngineSettings:
    path = Path(args.config) if args.config else None
    return load_config(path, only_check=True).engine


def _settings(args: argparse.Namespace) -> SoundSettings:
    return _engine(args).sound


def _backend(settings: SoundSettings) -> SoundBackend:
    if settings.backend is SoundBackend.SILENT:
        raise TransportError(AS_CONFIGURED)
    return find_backend(settings.backend)


def _launch(settings: SoundSettings, part: Part) -> Launch:
    """Return how to start the program of a part, with the default device if need be."""
    _backend(settings)
    return Route(settings).launch(part, fall_back=True)


def _say(text: str, *, quiet: bool) -> None:
    if not quiet:
        print(text, flush=True)


def _tell(text: str) -> None:
    if text:
        print(f"offhook: {text}", file=sys.stderr)
