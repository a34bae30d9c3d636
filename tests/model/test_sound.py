"""Figures of several engines."""

from dataclasses import replace

from bridge.model.sound import SoundBackend, SoundStats, ToneLevel, together

IDLE = SoundStats(SoundBackend.PULSE, False, True, True, False, captured=3, underruns=1)
TALKING = SoundStats(
    SoundBackend.PULSE,
    running=True,
    microphone_ok=True,
    speaker_ok=False,
    ringing=False,
    captured=40,
    played=50,
    underruns=2,
    overruns=3,
    drift_drops=4,
    speaker_drops=5,
    restarts=6,
    delay_ms=40.0,
    tones=(ToneLevel(440.0, -12.0),),
)


def test_the_figures_of_one_engine_are_its_own() -> None:
    assert together([TALKING]) == TALKING


def test_counts_are_added_and_the_longest_delay_is_told() -> None:
    other = replace(TALKING, delay_ms=60.0, overruns=10)
    both = together([IDLE, TALKING, other])
    assert (both.captured, both.played, both.underruns, both.overruns) == (83, 100, 5, 13)
    assert (both.drift_drops, both.speaker_drops, both.restarts) == (8, 10, 12)
    assert both.delay_ms == 60.0


def test_what_one_engine_says_is_true_for_all() -> None:
    both = together([replace(IDLE, ringing=True), TALKING])
    assert both.running
    assert both.ringing
    assert not both.speaker_ok
    assert both.tones == TALKING.tones
