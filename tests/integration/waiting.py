"""Waiting for conditions, never for time; a failure says what was waited for and what was there."""

import asyncio
import time
from collections.abc import Callable

POLL_S = 0.01
PATIENCE_S = 15.0  # for two cores shared with other work


async def eventually(
    condition: Callable[[], object],
    what: str,
    story: Callable[[], str] = str,
    patience_s: float = PATIENCE_S,
) -> float:
    """Wait until a condition holds; return how long that took, in seconds.

    Args:
        condition: asked every ``POLL_S``.
        what: for the message.
        story: what was there instead, for the message.
        patience_s: the deadline.
    """
    began_s = time.monotonic()
    while not condition():
        waited_s = time.monotonic() - began_s
        assert waited_s < patience_s, f"not within {patience_s:.0f} s: {what}\n{story()}"
        await asyncio.sleep(POLL_S)
    return time.monotonic() - began_s
