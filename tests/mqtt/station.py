"""A bridge's MQTT side with a telephone that only notes: link, publisher, guard and desk."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from bridge.core.guard import Guard, Moment
from bridge.core.permit import DialPermit
from bridge.drivers.mqtt.desk import CommandDesk
from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.publisher import Publisher
from bridge.drivers.ports import Incoming
from bridge.model.bus import BusStatus, Command, MqttSettings, Unreadable, Verdict
from bridge.model.effects import AnswerRequest
from bridge.model.ids import RequestId
from bridge.model.intents import Intent, Outcome
from bridge.protocols.mqtt_commands import BridgeOrder, parse_command
from bridge.protocols.mqtt_topics import Topics
from tests.mqtt.words import ringing


@dataclass
class Station:
    """Everything the daemon puts on MQTT except the daemon; ``acted`` is what a telephone would do.

    Args:
        settings: where the broker is.
        on_incoming: sees each command message before the desk does.
    """

    settings: MqttSettings
    on_incoming: Callable[[Incoming], None] = lambda _: None
    acted: list[Intent] = field(default_factory=list)
    incoming: list[Incoming] = field(default_factory=list)
    statuses: list[BusStatus] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.topics = Topics(self.settings.base)
        self.link = MqttLink(self.settings, self._take, on_status=self.statuses.append)
        self.guard = Guard(self.link.epoch, DialPermit(may_dial=True))
        self.desk: CommandDesk[BridgeOrder] = CommandDesk(
            self.link,
            self.topics,
            parse=parse_command,
            check=self._check,
            give=self._give,
            settle=self.guard.settle,
        )
        self.publisher = Publisher(self.link, self.settings, "0.1.0")
        self.snapshot = ringing()

    async def __aenter__(self) -> Self:
        self.guard.rotate(secrets.token_hex(4))
        self.publisher.inform(self.guard.windows)
        self.publisher.show(self.snapshot)
        await self.link.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.link.__aexit__(None, None, None)

    def _take(self, message: Incoming) -> None:
        self.incoming.append(message)
        self.on_incoming(message)
        self.desk.take(message)

    def _check(self, said: Command[object] | Unreadable, retained: bool) -> Verdict:
        calls = {call.call: call.phase for call in self.snapshot.calls}
        moment = Moment(time.monotonic(), time.time() * 1000)
        return self.guard.check(said, retained=retained, calls=calls, at=moment)

    def _give(self, intent: BridgeOrder, request: RequestId) -> None:
        assert isinstance(intent, Intent), "nobody here has more"
        self.acted.append(intent)
        self.desk.answer(AnswerRequest(request, Outcome.DONE, "", intent.call))
