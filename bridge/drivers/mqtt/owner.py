"""What a connection asks of, and tells, whoever opened it."""

from typing import Protocol

from bridge.drivers.mqtt.hearing import Hearing
from bridge.drivers.mqtt.options import Branch
from bridge.drivers.ports import Incoming


class Owner(Protocol):
    """What a session tells whoever opened it."""

    @property
    def branch(self) -> Branch:
        """What is special about our topics."""

    @property
    def hearing(self) -> Hearing:
        """What is wanted of others; over all sessions."""

    def availability(self) -> bytes:
        """Return the payload that says ``online``."""

    def came_up(self) -> None:
        """``online`` is on its way."""

    def turned(self) -> None:
        """The connection lives; once a second at least."""

    def sent(self, topic: str, payload: bytes) -> None:
        """Something was published (for the trace)."""

    def command(self, message: Incoming) -> None:
        """A message on a command topic came in."""

    def heard(self, message: Incoming) -> None:
        """A message on somebody else's topic came in."""

    def complain(self, matter: str, sentence: str) -> None:
        """Something does not work on this connection; empty text = it does again."""
