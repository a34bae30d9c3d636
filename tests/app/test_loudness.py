"""Volumes turned while the daemon runs, and the figures in its status."""

import time

import pytest

from bridge.app.loudness import Loudness
from bridge.drivers.virtual.engine import VirtualEngine
from bridge.model.effects import UseSound
from bridge.model.sound import SoundPart, SoundSettings, Volumes, factor_of


def engine() -> VirtualEngine:
    return VirtualEngine([], lambda _event: None, time.monotonic)


async def test_each_turn_keeps_the_other_volumes() -> None:
    loudness = Loudness(SoundSettings(microphone="desk", volumes=Volumes(ringer=0.0)))
    async with engine() as virtual:
        loudness.serve(virtual)
        loudness.turn(SoundPart.SPEAKER, "70")
        said = loudness.turn(SoundPart.MICROPHONE, "120 %")
        assert said == {"microphone": 120, "speaker": 70, "ringer": 0}
        volumes = Volumes(factor_of("120"), factor_of("70"), 0.0)
        assert virtual.sounds[-1] == SoundSettings(microphone="desk", volumes=volumes)


async def test_a_volume_turned_without_an_engine_is_remembered() -> None:
    loudness = Loudness(SoundSettings())
    loudness.turn(SoundPart.SPEAKER, "0")
    assert (await loudness.body())["volume"] == {"microphone": 100, "speaker": 0, "ringer": 100}


async def test_the_sound_of_a_headset_is_told_with_the_volumes_of_the_moment() -> None:
    loudness = Loudness(SoundSettings(microphone="desk"))
    async with engine() as virtual:
        loudness.serve(virtual)
        assert virtual.sounds == [], "it has these already"
        loudness.turn(SoundPart.RINGER, "0")
        loudness.follow(UseSound("1-2.3", "1-4"))
        told = virtual.sounds[-1]
        assert (told.port, told.ring_port, told.microphone) == ("1-2.3", "1-4", "desk")
        assert told.volumes == Volumes(ringer=0.0)
        loudness.follow(UseSound())
        assert virtual.sounds[-1].port == ""


async def test_a_headset_that_is_there_before_the_engine_is_not_forgotten() -> None:
    loudness = Loudness(SoundSettings())
    loudness.follow(UseSound(ring_port="1-4"))
    async with engine() as virtual:
        loudness.serve(virtual)
        assert [told.ring_port for told in virtual.sounds] == ["1-4"]


async def test_what_is_no_volume_changes_nothing() -> None:
    loudness = Loudness(SoundSettings())
    before = await loudness.body()
    with pytest.raises(ValueError, match="expected 0 to 150 %"):
        loudness.turn(SoundPart.SPEAKER, "loud")
    assert await loudness.body() == before


async def test_the_figures_are_there_while_an_engine_answers() -> None:
    loudness = Loudness(SoundSettings())
    async with engine() as virtual:
        loudness.serve(virtual)
        body = await loudness.body()
    assert body.keys() > {"volume", "underruns", "overruns", "delay_ms"}
    assert (await loudness.body()).keys() == {"volume"}, "it has ended"


async def test_a_speakerphone_is_made_known_once() -> None:
    loudness = Loudness(SoundSettings())
    async with engine() as virtual:
        loudness.engine = virtual
        for usb_id in ("0b0e:0412", "0b0e:0422", "0b0e:0412"):
            loudness.learn_speakerphone(usb_id)
        assert [s.speakerphones for s in virtual.sounds] == [
            ("0b0e:0412",),
            ("0b0e:0412", "0b0e:0422"),
        ]
