"""Sound through real calls without a sound card: each end says a tone and listens for tones."""

import pytest

from bridge.model.effects import AnswerCall, HoldCall, ResumeCall, SetMicrophone
from bridge.model.engine import AccountSettings, Srtp
from bridge.model.events import CallEnded, HoldChanged
from bridge.model.sound import SoundBackend, SoundSettings
from tests.engine.phones import LINE, Phone, connect, quiet_settings
from tests.engine.tones import hears, loud, silent

pytestmark = pytest.mark.sip

HERE_HZ, THERE_HZ = 500.0, 1100.0


def sounding(user: str, tone_hz: float, codec: str = "G722", srtp: Srtp = Srtp.OFF) -> Phone:
    sound = SoundSettings(
        backend=SoundBackend.TEST, test_tone_hz=tone_hz, test_listen_hz=(HERE_HZ, THERE_HZ)
    )
    settings = quiet_settings(sound=sound, codecs=(codec,))
    return Phone(user, settings, [AccountSettings(LINE, user, srtp=srtp)])


@pytest.mark.parametrize("codec", ["G722", "PCMA", "PCMU"])
async def test_both_ends_hear_each_other_and_not_themselves(codec: str) -> None:
    async with sounding("a", HERE_HZ, codec) as a, sounding("b", THERE_HZ, codec) as b:
        await connect(a, b)
        await hears(a, THERE_HZ, loud)
        await hears(b, HERE_HZ, loud)
        await hears(a, HERE_HZ, silent)
        await hears(b, THERE_HZ, silent)


async def test_muted_the_other_end_hears_nothing_until_unmuted() -> None:
    async with sounding("a", HERE_HZ) as a, sounding("b", THERE_HZ) as b:
        ours, _ = await connect(a, b)
        await hears(b, HERE_HZ, loud)
        a.engine.order(SetMicrophone(ours, muted=True))
        await hears(b, HERE_HZ, silent)
        await hears(a, THERE_HZ, loud)
        a.engine.order(SetMicrophone(ours, muted=False))
        await hears(b, HERE_HZ, loud)


async def test_muted_before_the_answer_stays_muted() -> None:
    async with sounding("a", HERE_HZ) as a, sounding("b", THERE_HZ) as b:
        out = a.dials(b.uri)
        a.engine.order(SetMicrophone(out, muted=True))
        arrived = await b.arrival()
        b.engine.order(AnswerCall(arrived.call))
        await hears(a, THERE_HZ, loud)
        await hears(b, HERE_HZ, silent)


async def test_held_nobody_hears_anybody_and_resumed_both_do() -> None:
    async with sounding("a", HERE_HZ) as a, sounding("b", THERE_HZ) as b:
        ours, _ = await connect(a, b)
        await hears(b, HERE_HZ, loud)
        a.engine.order(HoldCall(ours))
        await b.log.until(HoldChanged)
        await hears(a, THERE_HZ, silent)
        await hears(b, HERE_HZ, silent)
        a.engine.order(ResumeCall(ours))
        await hears(a, THERE_HZ, loud)
        await hears(b, HERE_HZ, loud)


async def test_mute_survives_hold() -> None:
    async with sounding("a", HERE_HZ) as a, sounding("b", THERE_HZ) as b:
        ours, _ = await connect(a, b)
        a.engine.order(SetMicrophone(ours, muted=True))
        a.engine.order(HoldCall(ours))
        await b.log.until(HoldChanged, where=lambda e: e.remote)
        a.engine.order(ResumeCall(ours))
        await b.log.until(HoldChanged, where=lambda e: not e.remote)
        await hears(a, THERE_HZ, loud)
        await hears(b, HERE_HZ, silent)


async def test_sound_of_the_second_call_in_the_same_slot() -> None:
    async with sounding("a", HERE_HZ) as a, sounding("b", THERE_HZ) as b:
        for _ in range(5):
            ours, _theirs = await connect(a, b)
            await hears(b, HERE_HZ, loud)
            await a.hangs_up(ours)
            await hears(b, HERE_HZ, silent)


@pytest.mark.parametrize(
    ("here", "there"),
    [
        (Srtp.OPTIONAL, Srtp.OPTIONAL),
        (Srtp.MANDATORY, Srtp.OPTIONAL),
        (Srtp.MANDATORY, Srtp.MANDATORY),
        (Srtp.OPTIONAL, Srtp.OFF),
    ],
)
async def test_encrypted_sound_by_policy(here: Srtp, there: Srtp) -> None:
    async with (
        sounding("a", HERE_HZ, srtp=here) as a,
        sounding("b", THERE_HZ, srtp=there) as b,
    ):
        await connect(a, b)
        await hears(a, THERE_HZ, loud)
        await hears(b, HERE_HZ, loud)


async def test_mandatory_encryption_and_none_do_not_come_together() -> None:
    async with (
        sounding("a", HERE_HZ, srtp=Srtp.MANDATORY) as a,
        sounding("b", THERE_HZ, srtp=Srtp.OFF) as b,
    ):
        ended = await a.log.until(CallEnded, a.dials(b.uri))
    assert ended.cause.sip == 488
    assert ended.cause.reason.startswith("no common codec or encryption")


async def test_without_a_common_codec_the_call_ends_with_488() -> None:
    async with sounding("a", HERE_HZ, "PCMA") as a, sounding("b", THERE_HZ, "PCMU") as b:
        ended = await a.log.until(CallEnded, a.dials(b.uri))
    assert ended.cause.sip == 488
