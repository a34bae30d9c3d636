"""Named alarms on the event loop."""

import asyncio
from collections.abc import Callable


class Alarms:
    """They fire once; a name stands for one of them."""

    def __init__(self) -> None:
        self._alarms: dict[str, asyncio.TimerHandle] = {}

    def start(self, name: str, after_s: float, action: Callable[[], None]) -> None:
        """Do it once after a while; a running alarm of that name starts anew."""
        self.stop(name)
        self._alarms[name] = asyncio.get_running_loop().call_later(after_s, action)

    def stop(self, name: str) -> None:
        """Forget one; harmless when it does not run."""
        alarm = self._alarms.pop(name, None)
        if alarm is not None:
            alarm.cancel()

    def stop_all(self) -> None:
        """Forget all."""
        for name in list(self._alarms):
            self.stop(name)
