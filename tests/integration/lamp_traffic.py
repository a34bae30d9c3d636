"""Two telephones that call one another without a rest, and commands that everybody may repeat."""

import asyncio
import json
import random
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.integration.phones import Baresip
from tests.integration.waiting import eventually
from tests.mqtt.reader import Reader
from tests.pbx.instance import Pbx

REST_S = 0.05  # between two steps at least, as people are no faster


class Traffic:
    """Ben (200) calls Anna (201) again and again; now and then she does not want to be disturbed.

    Args:
        phones: of Ben and of Anna.
        pbx: between them.
        seed: of what happens.
    """

    def __init__(self, phones: list[Baresip], pbx: Pbx, seed: int) -> None:
        self.ben, self.anna = phones
        self._pbx = pbx
        self._rng = random.Random(seed)
        self._gate = asyncio.Lock()
        self.calls = 0
        """How many calls Ben has made that were to ring at Anna."""

    @asynccontextmanager
    async def stands_still(self) -> AsyncIterator[None]:
        """Nothing happens meanwhile; in whatever state it was."""
        async with self._gate:
            yield

    async def goes_on(self) -> None:
        """The body of a task."""
        while True:
            await self._call(is_answered=self._rng.random() < 0.7)
            if self._rng.random() < 0.2:
                await self._dials("*78")
                await self._dials("*79")

    async def _call(self, *, is_answered: bool) -> None:
        async with self._gate:
            self.calls += 1
            await self.ben.calls(self._pbx.uri(201))
            await more(self.anna, "CALL_INCOMING", self.calls - 1)
        await self._rests()
        if is_answered:
            async with self._gate:
                count = len(self.ben.said("CALL_ESTABLISHED"))
                await self.anna.orders("accept")
                await more(self.ben, "CALL_ESTABLISHED", count)
            await self._rests()
        async with self._gate:
            count = len(self.anna.said("CALL_CLOSED"))
            await self.ben.hangs_up()
            await more(self.anna, "CALL_CLOSED", count)
        await self._rests()

    async def _dials(self, code: str) -> None:
        """Anna's star code; what answers it hangs up by itself."""
        async with self._gate:
            count = len(self.anna.said("CALL_CLOSED"))
            await self.anna.calls(self._pbx.uri(code))
            await more(self.anna, "CALL_CLOSED", count)
        await self._rests()

    async def _rests(self) -> None:
        await asyncio.sleep(REST_S + self._rng.uniform(0.0, 0.3))


async def more(phone: Baresip, kind: str, count: int) -> None:
    """Wait until a telephone has told more events of a kind than there were."""
    await eventually(lambda: len(phone.said(kind)) > count, f"another {kind}", phone.log)


class Orders:
    """Somebody who commands over MQTT and says everything twice, and again much later.

    Args:
        reader: its connection, and where replies come.
        base: what the topics of a branch begin with.
    """

    def __init__(self, reader: Reader, base: str) -> None:
        self._reader = reader
        self._base = base
        self.said: list[tuple[str, bytes]] = []
        """Topics and payloads."""
        self.ids: list[str] = []

    async def says(self, name: str, **args: object) -> str:
        """Give a fresh command, twice; wait until it is done and return its id."""
        info = json.loads(self._reader.latest[f"{self._base}/info"])
        key = f"test-{secrets.token_hex(6)}"
        body: dict[str, Any] = {
            "v": 1,
            "id": key,
            "ts": time.time_ns() // 1_000_000,
            "ttl_ms": 5000,
            "epoch": info["epoch"],
            "window": info["window"][0],
            "args": args,
            "reply_to": "test",
        }
        self.said.append((f"{self._base}/cmd/{name}", json.dumps(body).encode()))
        self.ids.append(key)
        await self._publishes(*self.said[-1])
        await self._publishes(*self.said[-1])
        await eventually(lambda: self.statuses(key)["done"], f"{name} is done", self.story)
        return key

    async def says_all_again(self) -> None:
        """Repeat every command there was, word by word, also as one the broker had stored.

        Waits until each has been answered once more: then it has done whatever it does.
        """
        before = {key: self.statuses(key).total() for key in self.ids}
        for topic, payload in self.said:
            await self._publishes(topic, payload)
        for topic, payload in self.said[-1:]:
            await self._publishes(topic, payload, retain=True)
            await self._publishes(topic, b"", retain=True)

        def are_answered() -> bool:
            return all(self.statuses(key).total() > count for key, count in before.items())

        await eventually(are_answered, "every command is answered again", self.story)

    async def are_refused(self) -> None:
        """Wait until what was repeated has been called stale: it was for an earlier run."""

        def are_so() -> bool:
            return all(self.statuses(key)["stale"] for key in self.ids)

        await eventually(are_so, "every old command is stale", self.story)

    async def _publishes(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        await eventually(self._reader.connected.is_set, "the reader is connected")
        assert self._reader._client is not None
        await self._reader._client.publish(topic, payload, 1, retain)

    def statuses(self, key: str) -> Counter[str]:
        """How often a command was answered with what."""
        topic = f"{self._base}/reply/test"
        bodies = [json.loads(m.payload) for m in self._reader.messages if str(m.topic) == topic]
        return Counter(str(body["status"]) for body in bodies if body["id"] == key)

    def story(self) -> str:
        return str({key: self.statuses(key) for key in self.ids})
