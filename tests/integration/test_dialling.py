"""The daemon dials through the PBX: what a person hears, sees, and is told."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bridge.model.calls import Phase
from bridge.model.intents import Verb
from tests.integration.phones import TONE_HZ, baresip_at
from tests.integration.running import (
    OUR_TONE_HZ,
    PBX_TONE_HZ,
    Desk,
    account_at,
    config_for,
    desk_with,
)
from tests.pbx.instance import Pbx

pytestmark = [pytest.mark.sip, pytest.mark.needs("kamailio", "mosquitto", "openssl")]

ECHO, TONE, RINGS_THEN_ECHO, BUSY, DECLINES, NOBODY = "790", "792", "796", "794", "797", "999"


@pytest.fixture
async def desk(pbx: Pbx, short_dir: Path, free_port_base: int) -> AsyncIterator[Desk]:
    """A desk whose line is registered."""
    async with desk_with(config_for(short_dir, account_at(pbx, 201), free_port_base + 100)) as one:
        await one.is_registered()
        yield one


async def test_our_voice_comes_back_from_the_echo_and_pauses_on_hold(desk: Desk) -> None:
    answer = await desk.types(Verb.DIAL, ECHO)
    assert answer["outcome"] == "done"
    await desk.call_is(Phase.CONNECTED)
    await desk.shows("off_hook")
    await desk.hears(OUR_TONE_HZ)
    desk.press("flash")
    await desk.shows("hold")
    await desk.call_is(Phase.HELD)
    await desk.hears_no(OUR_TONE_HZ)
    desk.press("flash")
    await desk.shows("off_hook")
    await desk.call_is(Phase.CONNECTED)
    await desk.hears(OUR_TONE_HZ)
    await desk.presses_later("hook")
    await desk.no_call()
    await desk.shows()


async def test_a_muted_caller_hears_the_other_end_and_is_not_heard(desk: Desk) -> None:
    assert (await desk.types(Verb.DIAL, ECHO))["outcome"] == "done"
    await desk.call_is(Phase.CONNECTED)
    await desk.hears(OUR_TONE_HZ)
    await desk.presses_later("mute")
    await desk.shows("off_hook", "mute")
    await desk.hears_no(OUR_TONE_HZ)
    assert (await desk.types(Verb.UNMUTE))["outcome"] == "done"
    await desk.shows("off_hook")
    await desk.hears(OUR_TONE_HZ)


async def test_the_tone_of_the_pbx_is_heard(desk: Desk) -> None:
    assert (await desk.types(Verb.DIAL, TONE))["outcome"] == "done"
    await desk.hears(PBX_TONE_HZ)
    assert (await desk.types(Verb.HANGUP))["outcome"] == "done"
    await desk.no_call()


async def test_a_phone_that_rings_first_is_reported_as_ringing(desk: Desk) -> None:
    answer = await desk.types(Verb.DIAL, RINGS_THEN_ECHO)
    assert (answer["outcome"], answer["detail"]) == ("done", "it rings")
    await desk.call_is(Phase.EARLY)
    await desk.call_is(Phase.CONNECTED)
    await desk.hears(OUR_TONE_HZ)


@pytest.mark.parametrize(
    ("number", "sip", "sentence"),
    [
        (BUSY, 486, "the other end is busy (SIP 486)"),
        (DECLINES, 603, "the other end declined (SIP 603)"),
        (NOBODY, 404, "the PBX does not know this number (SIP 404)"),
    ],
)
async def test_a_call_that_fails_is_told_in_one_sentence_with_its_status(
    desk: Desk, number: str, sip: int, sentence: str
) -> None:
    answer = await desk.types(Verb.DIAL, number)
    assert answer["outcome"] == "failed"
    assert answer["detail"] == sentence
    assert str(sip) in sentence
    await desk.no_call()
    await desk.shows()


@pytest.mark.needs("baresip")
async def test_a_baresip_that_answers_is_heard_and_gets_our_digits(
    desk: Desk, pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    at = short_dir / "phone"
    uri, password = pbx.uri(202), pbx.password(202)
    async with baresip_at(at, free_port_base, uri, password, registers=True) as phone:
        await phone.is_registered()
        assert (await desk.types(Verb.DIAL, "202"))["detail"] == "it rings"
        await phone.until("CALL_INCOMING")
        await desk.shows("off_hook")
        await phone.orders("accept")
        await desk.call_is(Phase.CONNECTED)
        await desk.hears(TONE_HZ)
        assert (await desk.types(Verb.DTMF, "12#"))["outcome"] == "done"
        desk.press("5")
        await phone.hears_digits("12#5")
        await phone.hangs_up()
        await desk.no_call()
        await desk.shows()
