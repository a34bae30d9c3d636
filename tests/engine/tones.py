"""Hearing tones at the test speaker of a phone."""

import asyncio
from collections.abc import Callable

from tests.engine.phones import Phone

LOUD_DBFS, SILENT_DBFS = -30.0, -60.0


async def hears(
    phone: Phone, tone_hz: float, fits: Callable[[float], bool], patience_s: float = 10
) -> None:
    """Wait until the level of a tone at the phone's speaker fits."""
    levels: tuple[object, ...] = ()
    try:
        async with asyncio.timeout(patience_s):
            while True:
                levels = (stats := await phone.engine.sound_stats()).tones
                if any(t.hz == tone_hz and fits(t.dbfs) for t in stats.tones):
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{phone.user} at {tone_hz} Hz: {levels}") from None


def loud(dbfs: float) -> bool:
    return dbfs > LOUD_DBFS


def silent(dbfs: float) -> bool:
    return dbfs < SILENT_DBFS
