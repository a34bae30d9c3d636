"""Sound devices: which way sound goes, whether the chosen ones are there, headsets by Bluetooth."""

from collections.abc import Iterator, Sequence

from bridge.cli.checks.finding import Finding, State
from bridge.cli.checks.machine import Machine, read_text
from bridge.engine.audio.devices import NO_WAY, find_backend, list_devices, unknown_device
from bridge.model.redaction import printable
from bridge.model.sound import SoundBackend, SoundDevice, SoundKind, SoundSettings

BLUEZ = "bluez_"  # sound servers name Bluetooth devices so: bluez_sink, bluez_input, …
AVRCP = " (AVRCP)"  # BlueZ makes an input device of the music keys of each connected headset


def sound(settings: SoundSettings) -> tuple[list[SoundDevice], list[Finding]]:
    """Look which way sound goes, and whether the chosen devices are there."""
    backend = find_backend(settings.backend)
    if backend is SoundBackend.SILENT:
        configured = settings.backend is SoundBackend.SILENT
        text = "silent, as configured" if configured else NO_WAY
        return [], [Finding("sound", State.INFO if configured else State.WARNING, text)]
    devices = list_devices(backend)
    if not devices:
        fix = "start the sound server for this user, or set audio.backend"
        return [], [Finding("sound", State.ERROR, f"{backend.value} shows no devices", fix)]
    found = [Finding("sound", State.OK, f"{backend.value}, {len(devices)} devices")]
    found += _chosen(devices, settings)
    for device in devices:
        mark = ", the default" if device.is_default else ""
        text = f"{device.kind.value} {device.name} ({device.description}{mark})"
        found.append(Finding("sound device", State.INFO, text))
    return devices, found


def _chosen(devices: list[SoundDevice], settings: SoundSettings) -> Iterator[Finding]:
    for key, kind, name in (
        ("microphone", SoundKind.MICROPHONE, settings.microphone),
        ("speaker", SoundKind.SPEAKER, settings.speaker),
        ("ringer", SoundKind.SPEAKER, settings.ringer),
    ):
        reason = unknown_device(devices, kind, name, key)
        if reason:
            fix = f"correct audio.{key}, or plug the device in"
            yield Finding("sound", State.WARNING, reason, fix)


def bluetooth(machine: Machine, devices: Sequence[SoundDevice]) -> Iterator[Finding]:
    """Tell of headsets that are connected by Bluetooth: sound, but no keys and no lamps.

    Args:
        machine: where.
        devices: what the sound server has.
    """
    names = {
        d.description for d in devices if d.name.startswith(BLUEZ) and ".monitor" not in d.name
    }
    for file in sorted(machine.sys.glob("class/input/input*/name")):
        name = read_text(file)
        if name.endswith(AVRCP):
            names.add(name.removesuffix(AVRCP))
    for name in sorted(names):
        yield Finding(
            "bluetooth",
            State.WARNING,
            f"{printable(name)} is connected by Bluetooth: sound works, its keys and lamps do not, "
            "as Bluetooth carries no HID telephony",
            "use the USB dongle that comes with the headset",
        )
