"""What logind says on the system's D-Bus: when the machine has slept, when its user is idle."""

from bridge.drivers.logind.bus import SYSTEM_BUS
from bridge.drivers.logind.idle import IdleWatch, OnIdle
from bridge.drivers.logind.reach import why_deaf
from bridge.drivers.logind.watch import SleepWatch

__all__ = ["SYSTEM_BUS", "IdleWatch", "OnIdle", "SleepWatch", "why_deaf"]
