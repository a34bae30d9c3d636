"""Asking for a first configuration, at a terminal."""

import getpass
import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from bridge.config.load import load_config
from bridge.engine.audio.devices import find_backend, list_devices
from bridge.model.errors import ConfigError
from bridge.model.redaction import printable
from bridge.model.sound import SoundBackend, SoundDevice, SoundKind
from bridge.setup.answers import Answers, configuration
from bridge.setup.pieces import Scope

Ask = Callable[[str], str]
"""Shows a question and returns what was typed; raises ``EOFError`` when nobody is there."""

DEFAULT = "0"


def ask(known: Answers, scope: Scope, say: Callable[[str], None], read: Ask = input) -> Answers:
    """Ask for what is not known yet.

    Args:
        known: what the command line said.
        scope: a service has other sound devices than a session.
        say: shows a line.
        read: reads one.
    """
    say("A first configuration; Enter takes what stands in brackets.")
    found = known
    if not found.server:
        found = replace(found, server=_until(read, "PBX, name or address: "))
    if not found.account:
        found = replace(found, account=_until(read, "Account, often the extension: "))
    if not found.password:
        found = replace(found, password=_hidden(f"Password of {found.account} [none]: ", read))
    if not found.room:
        found = replace(found, room=read("Name of the room or desk [desk]: ").strip())
    if not found.country:
        found = replace(found, country=read("Country, two letters, such as DE [none]: ").strip())
    if found.kiosk and not found.language:
        said = read("Language of the screen, de or en [the browser's]: ").strip().lower()
        found = replace(found, language=said if said in {"de", "en"} else "")
    devices = sound_devices(scope)
    if not found.microphone:
        found = replace(found, microphone=_choose(devices, SoundKind.MICROPHONE, say, read))
    if not found.speaker:
        found = replace(found, speaker=_choose(devices, SoundKind.SPEAKER, say, read))
    return found


def sound_devices(scope: Scope) -> Sequence[SoundDevice]:
    """Return the devices that this kind of installation can use."""
    backend = SoundBackend.ALSA if scope is Scope.SYSTEM else find_backend(SoundBackend.AUTO)
    return () if backend is SoundBackend.SILENT else list_devices(backend)


def problems(answers: Answers, scope: Scope) -> Iterable[str]:
    """Return what the loader would say about a configuration of these answers."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "config.yaml"
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(configuration(replace(answers, password=""), scope))
        try:
            load_config(file, {"HOME": folder}, only_check=True)
        except ConfigError as error:
            return [f"{p.path}: found {p.found}, expected {p.expected}" for p in error.problems]
    return []


def _until(read: Ask, question: str) -> str:
    while not (said := read(question).strip()):
        pass
    return said


def _hidden(question: str, read: Ask) -> str:
    """Ask without showing what is typed; a script that answers shows nothing anyway."""
    return getpass.getpass(question) if read is input else read(question)


def _choose(
    devices: Sequence[SoundDevice], kind: SoundKind, say: Callable[[str], None], read: Ask
) -> str:
    """Let somebody choose a device by its number; the default device without asking if need be."""
    offered = [device for device in devices if device.kind is kind]
    if len(offered) < 2:
        return ""
    say(f"Which {kind.value}?")
    for number, device in enumerate(offered, 1):
        say(f"  {number}  {printable(device.description)}")
    while True:
        said = read("Number [the default one]: ").strip() or DEFAULT
        if said == DEFAULT:
            return ""
        if said.isdecimal() and 0 < int(said) <= len(offered):
            return offered[int(said) - 1].name
        say(f"found {printable(said)}, expected 1 to {len(offered)}")
