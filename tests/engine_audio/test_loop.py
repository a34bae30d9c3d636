"""The loop call of ``offhook audio test --loop``, and the parts it is made of."""

import json
from pathlib import Path

import pytest

from bridge.cli import looping
from bridge.cli.exits import Exit
from bridge.cli.main import main
from bridge.engine.audio.pcm import frame_bytes
from bridge.engine.audio.stand_ins import BURST_EVERY, Echo, Stopwatch
from bridge.model.engine import EngineSettings
from bridge.model.errors import TransportError
from bridge.model.sound import SoundBackend, SoundSettings

from .conftest import RATE_HZ, PulseServer, wait_until

SILENCE = bytes(frame_bytes(RATE_HZ))


def through(watch: Stopwatch, frames_late: int, ticks: int) -> None:
    """Let it hear what it says some frames later."""
    line = [SILENCE] * frames_late
    for _ in range(ticks):
        line.append(watch.take())
        watch.put(line.pop(0))


@pytest.mark.parametrize("frames", [0, 1, 3, 12])
def test_the_stopwatch_times_to_a_part_of_a_frame(frames: int) -> None:
    watch = Stopwatch(1000, RATE_HZ)
    through(watch, frames, 2 * BURST_EVERY)
    trips = watch.round_trips_ms()
    assert len(trips) == 2
    assert trips == pytest.approx([frames * 20] * 2, abs=0.5)
    assert watch.level.dbfs == pytest.approx(-12, abs=0.1)


def test_a_burst_that_never_comes_back_is_not_timed() -> None:
    watch = Stopwatch(1000, RATE_HZ)
    for _ in range(3 * BURST_EVERY):
        watch.take()
        watch.put(SILENCE)
    assert watch.round_trips_ms() == ()


def test_the_echo_says_each_frame_once_in_order() -> None:
    echo = Echo(RATE_HZ)
    assert echo.take() == SILENCE
    one, two = b"\1" * len(SILENCE), b"\2" * len(SILENCE)
    echo.put(one)
    echo.put(two)
    assert [echo.take(), echo.take(), echo.take()] == [one, two, SILENCE]


def test_the_echo_forgets_what_nobody_asked_for() -> None:
    echo = Echo(RATE_HZ)
    for number in range(9):
        echo.put(bytes([number]) * len(SILENCE))
    assert echo.take()[0] == 7, "two frames wait at most"


@pytest.mark.sip
def test_a_call_to_ourselves_is_timed_and_without_devices_the_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        looping, "TRIPS", 2
    )  # the first may be cut short by the beginning of the call
    config = tmp_path / "config.yaml"
    config.write_text("audio: {backend: silent}\n")
    assert main(["audio", "test", "--loop", "--json", "--config", str(config)]) == Exit.FAILED
    first, second = json.loads(capsys.readouterr().out)["steps"]
    assert first["ok"], first
    assert first["codec"] == "G722"
    assert first["delay_ms"] > 20
    assert first["tone_dbfs"] == pytest.approx(-18, abs=2), "said at -12, sent back 6 dB quieter"
    assert "audio.backend is silent" in second["text"]


@pytest.mark.sip
@pytest.mark.needs("pulseaudio")
def test_what_is_said_into_the_microphone_comes_back_to_the_speaker(pulse: PulseServer) -> None:
    sound = SoundSettings(SoundBackend.PULSE, microphone="mouth.monitor", speaker="ear")
    with pulse.playing(440), pulse.listening("ear") as ear:

        def arrives() -> bool:  # a busy machine may need the second to open the microphone
            heard = looping.speak(EngineSettings(sound=sound), 1.0, lambda: None)
            assert heard.note == ""
            return heard.loudest_dbfs > -20

        assert wait_until(arrives, 30)
        assert wait_until(lambda: ear.loudest_dbfs(440) > -25)


@pytest.mark.sip
def test_a_call_without_a_library_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(TransportError, match="pjsua2"):
        looping.measure(EngineSettings())
