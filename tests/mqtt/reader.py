"""A reader that follows the page: re-subscribes, drops doubles, notices gaps and asks for replay.

Built on plain aiomqtt, so that nothing of the bridge's own client is shared with it.
"""

import asyncio
import json
import logging
import secrets
import socket
import time
from dataclasses import dataclass, field
from typing import Any, Self

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tests.mqtt.contract import check
from tests.mqtt.words import BASE

logging.getLogger("mqtt").setLevel(logging.CRITICAL)
_RETRY_S = 0.1
_NO_DELAY = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]


@dataclass
class Reader:
    """Subscribes to everything below a root; an asynchronous context manager.

    Args:
        options: where the broker is, as keyword arguments of ``aiomqtt.Client``.
        asks: whether it asks for what it missed.
        checked: whether every payload of the bridge is checked against the contract.
        keeps: whether every message is kept; not in long runs.
    """

    options: dict[str, Any]
    asks: bool = True
    checked: bool = True
    keeps: bool = True
    protocol: aiomqtt.ProtocolVersion = aiomqtt.ProtocolVersion.V5
    name: str = field(default_factory=lambda: f"ui-{secrets.token_hex(4)}")
    messages: list[aiomqtt.Message] = field(default_factory=list)
    latest: dict[str, bytes] = field(default_factory=dict)
    retained: dict[str, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    doubles: int = 0
    replayed: int = 0
    invalid: list[str] = field(default_factory=list)
    epoch: str = ""
    window: str = ""
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    connections: int = 0
    _client: aiomqtt.Client | None = None
    _task: asyncio.Task[None] | None = None
    _asked_s: float = 0.0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="reader")
        await self.connected.wait()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._task is not None
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    @property
    def state(self) -> str:
        """What availability says now."""
        payload = self.latest.get(f"{BASE}/availability", b"{}")
        return str(json.loads(payload).get("state", ""))

    @property
    def reasons(self) -> str:
        """All reasons of availability in one text."""
        payload = self.latest.get(f"{BASE}/availability", b"{}")
        return " | ".join(json.loads(payload).get("reasons", []))

    @property
    def contiguous(self) -> int:
        """Number of the last event before the first gap."""
        number = 0
        while number + 1 in self.seen:
            number += 1
        return number

    def events(self) -> list[dict[str, Any]]:
        """Every event as it came, doubles included."""
        return [
            json.loads(m.payload) | {"topic": str(m.topic)}
            for m in self.messages
            if "/event" in str(m.topic)
        ]

    def replies(self) -> list[dict[str, Any]]:
        """Every reply to this reader, in order."""
        mine = f"{BASE}/reply/{self.name}"
        return [json.loads(m.payload) for m in self.messages if str(m.topic) == mine]

    async def say(
        self,
        command: str,
        body: dict[str, Any] | bytes,
        *,
        retain: bool = False,
        reply: bool = True,
    ) -> None:
        """Publish a command."""
        assert self._client is not None
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        properties = None
        if self.protocol is aiomqtt.ProtocolVersion.V5 and reply:
            properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            properties.ResponseTopic = f"{BASE}/reply/{self.name}"
            properties.CorrelationData = b"corr-1"
        await self._client.publish(
            f"{BASE}/cmd/{command}", payload, 1, retain, properties, timeout=5
        )

    def fresh(self, **changes: Any) -> dict[str, Any]:
        """A command made now for this run of the bridge; None takes a member out."""
        body: dict[str, Any] = {
            "v": 1,
            "id": f"{self.name}-{secrets.token_hex(6)}",
            "ts": time.time_ns() // 1_000_000,
            "ttl_ms": 5000,
            "epoch": self.epoch,
            "reply_to": self.name,
        }
        return {key: value for key, value in (body | changes).items() if value is not None}

    # -- private --------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            try:
                async with aiomqtt.Client(
                    identifier=self.name,
                    protocol=self.protocol,
                    timeout=5,
                    socket_options=_NO_DELAY,
                    **self.options,
                ) as client:
                    self._client = client
                    await client.subscribe("offhook/#", qos=1)
                    self.connections += 1
                    self.connected.set()
                    async for message in client.messages:
                        await self._take(message)
            except (aiomqtt.MqttError, OSError):
                self.connected.clear()
                await asyncio.sleep(_RETRY_S)

    async def _take(self, message: aiomqtt.Message) -> None:
        topic, payload = str(message.topic), bytes(message.payload)
        if self.keeps:
            self.messages.append(message)
        self.latest[topic] = payload
        if message.retain:
            self.retained[topic] = payload
        if self.checked and "/cmd/" not in topic:
            self._check(topic, payload)
        if not payload or not topic.startswith(BASE) or "/cmd/" in topic:
            return
        body = json.loads(payload)
        if topic.endswith("/info"):
            self.window = body["window"][0] if body["window"] else ""
        elif topic.endswith("/availability") and body["state"] == "online":
            self._new_epoch(body["epoch"])
            await self._ask_if(body["seq"] > self.contiguous)
        elif topic.endswith(f"/reply/{self.name}"):
            await self._take_history(body.get("result", {}))
        elif "seq" in body:
            self._new_epoch(body["epoch"])
            self._note(body["seq"])
            await self._ask_if(body["seq"] > self.contiguous)

    def _check(self, topic: str, payload: bytes) -> None:
        try:
            check(topic, payload)
        except Exception as error:  # noqa: BLE001  # collected, asserted by the test
            self.invalid.append(f"{topic}: {error}")

    def _new_epoch(self, epoch: str) -> None:
        if epoch != self.epoch:
            self.epoch = epoch
            self.seen.clear()

    def _note(self, seq: int) -> None:
        self.doubles += seq in self.seen
        self.seen.add(seq)

    async def _take_history(self, result: dict[str, Any]) -> None:
        for event in result.get("events", []):
            self.replayed += event["seq"] not in self.seen
            self.seen.add(event["seq"])
        if result.get("more"):
            await self._ask(result["events"][-1]["seq"])

    async def _ask_if(self, gap: bool) -> None:
        if not (gap and self.asks and self.window) or time.monotonic() - self._asked_s < 0.3:
            return
        await self._ask(self.contiguous)

    async def _ask(self, since: int) -> None:
        self._asked_s = time.monotonic()
        await self.say("replay", self.fresh(window=self.window, args={"since": since}))
