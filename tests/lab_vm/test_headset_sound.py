"""The sound device of a headset, found from its keys: real cards of the kernel, real programs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.drivers.udev.monitor import describe_node
from bridge.engine.audio import programs
from bridge.engine.audio.devices import list_devices
from bridge.engine.audio.health import Part
from bridge.engine.audio.pcm import level_dbfs, samples
from bridge.engine.audio.route import Route
from bridge.engine.audio.trial import play, rising_notes
from bridge.model.sound import SoundBackend, SoundKind, SoundSettings
from tests.engine_audio.conftest import PulseServer
from tests.hid_dumps import ALL
from tests.lab_vm.cable import UsbWithSound

EVOLVE_LINK = ALL["0b0e-0307_evolve-link"].recording
RATE_HZ = 16000  # what the headset has, too
LONG_S = 120.0  # the first program that reads ALSA's configuration takes seconds when emulated
PARTS = (Part.MICROPHONE, Part.SPEAKER)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let programs take their time in the emulated machine."""
    monkeypatch.setattr(programs, "ASK_TIMEOUT_S", 30.0)


@pytest.fixture
def headset() -> Iterator[UsbWithSound]:
    """A headset that is plugged in, with its sound card."""
    cable = UsbWithSound(EVOLVE_LINK)
    cable.plug()
    yield cable
    cable.pull()


def until(ask: Callable[[], set[str]]) -> set[str]:
    """Ask until there is an answer; the last one, in any case."""
    end = time.monotonic() + LONG_S
    while not (answer := ask()) and time.monotonic() < end:
        time.sleep(0.2)
    return answer


def following(headset: UsbWithSound, backend: SoundBackend) -> Route:
    """The way to the devices after this headset's key was pressed."""
    port = describe_node(headset.hidraw()).port
    return Route(SoundSettings(backend, port=port, rate_hz=RATE_HZ))


def owns(route: Route) -> set[str]:
    """What is found to be the headset's own, both parts or nothing."""
    found = {route.meant(part).own for part in PARTS}
    return set() if "" in found else found


@pytest.mark.needs("alsa-utils")
def test_the_card_of_the_headset_is_found_by_its_keys_and_sounds(headset: UsbWithSound) -> None:
    route = following(headset, SoundBackend.ALSA)
    (name,) = until(lambda: owns(route)) or {f"none of {list_devices(SoundBackend.ALSA)}"}
    assert name.startswith("plughw:CARD=")
    launch = route.launch(Part.SPEAKER, fall_back=False)
    headset.played()
    play(launch, Part.SPEAKER, rising_notes(RATE_HZ), RATE_HZ)
    assert level_dbfs(samples(headset.played())) > -30


@pytest.mark.needs("alsa-utils", "pulseaudio")
def test_a_sound_server_tells_which_of_its_devices_are_the_headsets(
    headset: UsbWithSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = PulseServer(tmp_path)
    monkeypatch.setenv("PULSE_SERVER", server.address)
    server.start()
    try:
        route = following(headset, SoundBackend.ALSA)
        (card,) = until(lambda: owns(route))
        number = Path(f"/proc/asound/{card.removeprefix('plughw:CARD=').split(',')[0]}").readlink()
        loaded = server.ctl(
            "load-module", "module-alsa-card", f"device_id={number.name.removeprefix('card')}"
        )
        assert loaded.returncode == 0, loaded.stderr + server.log()
        names = owns(following(headset, SoundBackend.PULSE))
        kinds = {device.kind for device in list_devices() if device.name in names}
        assert kinds == {SoundKind.MICROPHONE, SoundKind.SPEAKER}
        assert all(name.startswith("alsa_") for name in names), names
    finally:
        server.close()
