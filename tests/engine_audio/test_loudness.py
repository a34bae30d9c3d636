"""Volumes and key tones in real calls."""

from collections.abc import Callable

import pytest

from bridge.model.effects import SendDtmf
from bridge.model.sound import SoundBackend, SoundSettings, Volumes, factor_of
from tests.engine.phones import connect
from tests.engine.sounding import LISTEN, A, B, faint, telephone
from tests.engine.tones import hears, loud, silent

pytestmark = pytest.mark.sip

ONE_LOW, ONE_HIGH = 697.0, 1209.0  # of the digit 1


def louder(**volumes: float) -> SoundSettings:
    """What A has, at other volumes."""
    return SoundSettings(
        SoundBackend.TEST,
        test_tone_hz=A,
        test_listen_hz=LISTEN,
        volumes=Volumes(**volumes),
    )


def is_quiet(dbfs: float) -> bool:
    """Said at -12, turned down by 20 dB."""
    return -36 < dbfs < -28


async def test_a_volume_turned_in_a_call_is_heard_and_opens_no_device_anew() -> None:
    async with telephone("a", A) as a, telephone("b", B) as b:
        await connect(a, b)
        await hears(a, B, loud)
        before = (await a.engine.sound_stats()).played
        a.engine.select_sound(louder(speaker=factor_of("-20 dB")))
        await hears(a, B, is_quiet)
        await hears(b, A, loud)
        a.engine.select_sound(louder(microphone=factor_of("-20 dB")))
        await hears(b, A, is_quiet)
        await hears(a, B, loud)
        assert (await a.engine.sound_stats()).played > before, "the same speaker, counted on"


async def test_a_microphone_at_zero_is_silent() -> None:
    async with telephone("a", A, volumes=Volumes(microphone=0.0)) as a, telephone("b", B) as b:
        await connect(a, b)
        await hears(a, B, loud)
        await hears(b, A, silent)


@pytest.mark.parametrize(("wanted", "sounds"), [(True, faint), (False, silent)])
async def test_digits_are_heard_in_the_ear_when_wanted(
    wanted: bool, sounds: Callable[[float], bool]
) -> None:
    async with telephone("a", A, key_tones=wanted) as a, telephone("b", B) as b:
        ours, _ = await connect(a, b)
        await hears(a, B, loud)
        a.engine.order(SendDtmf(ours, "1" * 10))
        await hears(a, ONE_LOW, sounds)
        await hears(a, ONE_HIGH, sounds)
