"""Waiting for conditions, never for time."""

import asyncio
from collections.abc import Callable

_POLL_S = 0.005
PATIENCE_S = 20.0  # for a machine that does other things as well


async def eventually(
    condition: Callable[[], object], what: str = "", patience_s: float = PATIENCE_S
) -> float:
    """Wait until the condition holds; return how long that took, in seconds."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    while not condition():
        if loop.time() - began_s > patience_s:
            message = f"did not happen within {patience_s:.0f} s: {what or condition}"
            raise AssertionError(message)
        await asyncio.sleep(_POLL_S)
    return loop.time() - began_s
