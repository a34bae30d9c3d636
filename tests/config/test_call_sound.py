"""Tones, music, recordings, and what a line lets others do, as configured."""

from pathlib import Path

import pytest

from bridge.config.load import load_config
from bridge.model.engine import Dtmf, RecordingSettings, ShowIdentity
from bridge.model.sound import EchoCancel, RingAt, Ringtones, Volumes, factor_of
from tests.config.loading import ENV, Load, problems

LINE = "account: {server: pbx, user: '200', password: x, KEYS}\n"


def test_defaults() -> None:
    engine = load_config(None, ENV).engine
    assert (engine.sound.hold_music, engine.sound.ringtones) == ("tone", Ringtones())
    assert engine.recording == RecordingSettings("/nonexistent/.local/state/offhook/recordings")


def test_sound_files_lie_beside_the_configuration(load: Load, tmp_path: Path) -> None:
    text = "audio: {hold_music: m.wav, ringtones: {external: /e.wav, internal: off, waiting: tone}}"
    sound = load(text).engine.sound
    assert sound.hold_music == str(tmp_path / "m.wav")
    assert sound.ringtones == Ringtones("/e.wav", "off", "tone")


def test_recordings(load: Load, tmp_path: Path) -> None:
    engine = load("recording: {directory: rec, tone: false}").engine
    assert engine.recording == RecordingSettings(str(tmp_path / "rec"), tone=False)
    assert load("state_dir: s").engine.recording.directory == str(tmp_path / "s" / "recordings")


def test_what_a_line_lets_others_do(load: Load) -> None:
    (line,) = load(
        LINE.replace("KEYS", "transfers: false, dtmf: info, caller_id_in: from")
    ).accounts
    assert (line.transfers, line.takes_transfers) == (False, False)
    assert (line.dtmf, line.identity) == (Dtmf.INFO, ShowIdentity.FROM)


def test_by_default_a_line_takes_transfers_with_a_pbx_only(load: Load) -> None:
    text = "accounts: [{server: pbx, user: a, password: x}, {register: false, user: b}]"
    assert [line.takes_transfers for line in load(text).accounts] == [True, False]


def test_nobody_else_makes_a_line_call_its_emergency_numbers(load: Load) -> None:
    (line,) = load(LINE.replace("KEYS", "numbers: {country: DE, emergency: ['115']}")).accounts
    assert {"110", "112", "115"} <= set(line.emergency)


def test_what_is_no_choice_is_refused(load: Load) -> None:
    (said,) = problems(load, LINE.replace("KEYS", "dtmf: outband"))
    assert "dtmf" in said


def test_volumes_and_key_tones(load: Load) -> None:
    assert load("{}").engine.sound.volumes == Volumes()
    text = "audio: {volume: {microphone: +3 dB, speaker: 70, ringer: 120 %}, key_tones: false}"
    sound = load(text).engine.sound
    assert sound.volumes == Volumes(factor_of("+3 dB"), factor_of("70"), factor_of("120"))
    assert not sound.key_tones


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", (EchoCancel.AUTO, True)),
        ("audio: {echo_cancel: server, noise_suppression: false}", (EchoCancel.SERVER, False)),
        ("audio: {echo_cancel: off}", (EchoCancel.OFF, True)),
    ],
)
def test_the_sound_servers_echo_canceller(
    load: Load, text: str, expected: tuple[EchoCancel, bool]
) -> None:
    sound = load(text).engine.sound
    assert (sound.echo_cancel, sound.noise_suppression) == expected


@pytest.mark.parametrize("volume", ["151", "loud", "-1", "+20 dB"])
def test_what_is_no_volume_is_refused(load: Load, volume: str) -> None:
    (said,) = problems(load, f"audio: {{volume: {{speaker: '{volume}'}}}}")
    assert "audio.volume.speaker" in said
    assert "0 to 150 (per cent)" in said


def test_whose_sound_a_call_has_and_where_it_rings(load: Load) -> None:
    assert load("{}").habits.sound_follows
    assert load("{}").engine.sound.ring_at is RingAt.RINGER
    config = load("audio: {follow: false, ring_at: both}")
    assert not config.habits.sound_follows
    assert config.engine.sound.ring_at is RingAt.BOTH
