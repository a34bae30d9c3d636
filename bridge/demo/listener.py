"""An MQTT client that knows nothing of the daemon: it connects to the broker and takes notes."""

import asyncio
import contextlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self

import aiomqtt

AGAIN_S = 0.5  # the broker is a child on this machine; back within 0.1 s

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Heard:
    """One message.

    Args:
        at_s: monotonic seconds, on arrival.
        topic: without the part that is common to all.
        body: the payload.
    """

    at_s: float
    topic: str
    body: Body


class Listener:
    """Reads everything below a topic.

    Args:
        socket: of the broker.
        base: first levels of the topics, without a slash at the end.
        on_message: told each message, after it was noted.
    """

    def __init__(self, socket: str, base: str, on_message: Callable[[Heard], None]) -> None:
        self.messages: list[Heard] = []
        self._socket = socket
        self._base = base
        self._tell = on_message
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin to listen; returns at once."""
        self._task = asyncio.create_task(self._listen(), name="demo listener")
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Cease to listen."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def last(self, topic: str) -> Body | None:
        """Return the newest payload of a topic, None before the first."""
        return next((one.body for one in reversed(self.messages) if one.topic == topic), None)

    def first(self, topic: str, after_s: float, fits: Callable[[Body], bool]) -> float | None:
        """Return when the first such message after ``after_s`` came, None if none did."""
        times = (
            one.at_s
            for one in self.messages
            if one.at_s >= after_s and one.topic == topic and fits(one.body)
        )
        return next(times, None)

    async def _listen(self) -> None:
        """Listen until cancelled, whatever becomes of the broker."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError, OSError):
                await self._session()
            await asyncio.sleep(AGAIN_S)

    async def _session(self) -> None:
        async with aiomqtt.Client(self._socket, transport="unix") as client:
            await client.subscribe(f"{self._base}/#", qos=1)
            async for message in client.messages:
                self._take(str(message.topic), message.payload)

    def _take(self, topic: str, payload: object) -> None:
        with contextlib.suppress(ValueError, TypeError):  # cleared topics have no payload
            body = json.loads(payload) if isinstance(payload, bytes | str) else None
            if isinstance(body, dict):
                heard = Heard(time.monotonic(), topic.removeprefix(f"{self._base}/"), body)
                self.messages.append(heard)
                self._tell(heard)
