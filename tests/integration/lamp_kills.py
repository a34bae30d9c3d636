"""A broker that is killed under traffic, again and again, while commands are repeated."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.integration.lamp_stage import BEEPS, CLEO, Stage, table
from tests.integration.lamp_traffic import Orders, Traffic
from tests.integration.pbx_desk import telephones
from tests.integration.running import BASE
from tests.mqtt.pbx_words import PBX_BASE
from tests.pbx.instance import Pbx

PRESS_EVERY = 10  # kills; a desk places 30 calls an hour by command (``DialLimits``)


@asynccontextmanager
async def traffic_at(pbx: Pbx, folder: Path) -> AsyncIterator[Traffic]:
    async with telephones(pbx, folder, 200, 201) as phones:
        traffic = Traffic(phones, pbx, seed=1)
        task = asyncio.create_task(traffic.goes_on(), name="traffic")
        try:
            yield traffic
        finally:
            async with traffic.stands_still():  # between two steps: what was begun has come
                task.cancel()
            (end,) = await asyncio.gather(task, return_exceptions=True)
        assert isinstance(end, asyncio.CancelledError), f"the traffic stopped by itself: {end}"
        assert len(traffic.anna.said("CALL_INCOMING")) == traffic.calls, "a ghost rang"


def calls_of(stage: Stage) -> int:
    """How many calls the desk with the lamps has made."""
    return sum("→ PlaceCall" in entry.text for entry in stage.bridge.trace)


async def broker_dies(stage: Stage, traffic: Traffic, rng: random.Random) -> float:
    """Kill the broker under traffic; return how long lamps needed once it was back."""
    pbx = stage.keys.pbx
    await asyncio.sleep(rng.uniform(0.0, 0.5))
    await asyncio.to_thread(pbx.kill, "mosquitto")
    await stage.keys.are_unknown()
    await asyncio.sleep(rng.uniform(0.0, 0.5))
    await asyncio.to_thread(pbx.start_part, "mosquitto")
    async with traffic.stands_still():
        return await stage.keys.are_true()


async def killed_again_and_again(stage: Stage, pbx: Pbx, folder: Path, kills: int) -> list[float]:
    """The whole of it: traffic, kills, commands that are repeated; return what each took."""
    rng, took_s = random.Random(2), []
    before = int(table(pbx, "run")["last"])
    desk, office = Orders(stage.reader, BASE), Orders(stage.reader, PBX_BASE)
    async with traffic_at(pbx, folder) as traffic:
        await stage.keys.shows(CLEO, "offline")
        for number in range(kills):
            if number % PRESS_EVERY == 0:
                await desk.says("blf_press", position=BEEPS)
            await office.says("presence", ext="202", presence="away", text=str(number))
            took_s.append(await broker_dies(stage, traffic, rng))
            await desk.says_all_again()
            await office.says_all_again()
            await stage.bridge.no_call()
        await office.says("presence", ext="202", presence="none")
    assert calls_of(stage) == len(desk.ids), "a repeated press has called somebody"
    assert int(table(pbx, "run")["last"]) == before + kills + 1
    await stage.keys.are_true()
    return took_s
