"""Reads a room's calendar from a file or an address, in a process of its own (``process``)."""

from bridge.drivers.calendar.process import CALENDAR_ARGV, read_in_process

__all__ = ["CALENDAR_ARGV", "read_in_process"]
