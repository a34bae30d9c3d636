"""What the composition needs of a link to the broker."""

from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

from bridge.drivers.ports import Incoming, Now, StateBus, Tracer
from bridge.model.bus import BusStatus, MqttSettings


class Link(StateBus, Protocol):
    """A bus that is entered: ``MqttLink`` or its twin."""

    async def __aenter__(self) -> Self:
        """Start; returns at once."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Say offline and stop."""


class MakeLink(Protocol):
    """Makes a link; ``MqttLink`` itself, or what tests put in its place."""

    def __call__(
        self,
        settings: MqttSettings,
        on_command: Callable[[Incoming], None],
        *,
        now: Now,
        tracer: Tracer,
        on_status: Callable[[BusStatus], None],
    ) -> Link:
        """Return a link that is not started yet; arguments as for ``MqttLink``."""
