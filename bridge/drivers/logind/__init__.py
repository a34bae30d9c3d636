"""When the machine has slept: what logind says on the system's D-Bus."""

from bridge.drivers.logind.bus import SYSTEM_BUS
from bridge.drivers.logind.reach import why_deaf
from bridge.drivers.logind.watch import SleepWatch

__all__ = ["SYSTEM_BUS", "SleepWatch", "why_deaf"]
