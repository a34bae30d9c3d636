"""Time: named timers on the event loop."""

from bridge.drivers.clock.loop import LoopTimers

__all__ = ["LoopTimers"]
