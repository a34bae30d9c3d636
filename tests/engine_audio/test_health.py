"""Troubles of the sound are told once, and so is their end."""

import pytest

from bridge.engine.audio.health import Health, Part
from bridge.model.events import SoundChanged


@pytest.fixture
def told() -> list[SoundChanged]:
    return []


@pytest.fixture
def health(told: list[SoundChanged]) -> Health:
    return Health(told.append, now=lambda: 7.0)


def test_nothing_is_told_while_all_is_well(health: Health, told: list[SoundChanged]) -> None:
    health.report(Part.SPEAKER, "")
    assert told == []
    assert health.is_well


def test_a_trouble_is_told_once_and_its_end_once(health: Health, told: list[SoundChanged]) -> None:
    for trouble in ("speaker lost", "speaker lost", "", ""):
        health.report(Part.SPEAKER, trouble)
    assert told == [SoundChanged(7.0, ok=False, note="speaker lost"), SoundChanged(7.0, ok=True)]


def test_troubles_of_several_parts_are_one_sentence(
    health: Health, told: list[SoundChanged]
) -> None:
    health.report(Part.SPEAKER, "speaker lost")
    health.report(Part.MICROPHONE, "microphone lost")
    health.report(Part.SPEAKER, "")
    assert [t.note for t in told] == [
        "speaker lost",
        "microphone lost; speaker lost",
        "microphone lost",
    ]
    assert not health.works(Part.MICROPHONE)
    assert health.works(Part.SPEAKER)


def test_without_any_way_the_parts_need_not_be_told(
    health: Health, told: list[SoundChanged]
) -> None:
    health.report(Part.WAY, "no sound server")
    health.report(Part.SPEAKER, "speaker lost")
    assert [t.note for t in told] == ["no sound server"]


def test_other_devices_begin_without_troubles(health: Health, told: list[SoundChanged]) -> None:
    health.report(Part.RINGER, "ringer lost")
    health.forget()
    assert told[-1].ok
    assert health.is_well
