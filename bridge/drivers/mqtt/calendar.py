"""Hears the topic where a calendar's program publishes the meetings of a room."""

from collections.abc import Callable

from bridge.drivers.ports import Incoming
from bridge.protocols.mqtt_calendar import PublishedCalendar, read_published

OnCalendar = Callable[[PublishedCalendar | None, str], None]
"""Told what was published, None where what is known may be old, and a sentence or nothing."""


class CalendarEar:
    """An ``Ear`` of the bus.

    Args:
        told: gets what was published.
    """

    def __init__(self, told: OnCalendar) -> None:
        self._told = told

    def heard(self, message: Incoming) -> None:
        """Take it whole or not at all; a refused one changes nothing that was known."""
        read = read_published(message.payload)
        if isinstance(read, str):
            self._told(None, f"what was published as calendar is refused: {read}")
        else:
            self._told(read, "")

    def in_step(self) -> None:
        """Nothing more is stored: where nothing was, there is no calendar."""

    def deaf(self, reason: str) -> None:
        """The meetings stay, and may be old."""
        self._told(None, reason)
