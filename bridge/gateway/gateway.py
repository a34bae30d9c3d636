"""The gateway: link, picture, guard and adaptor, made into one process.

States: adaptor → canvas → link. Commands: link → desk (parser, guard) → adaptor → reply.
"""

import asyncio
import logging
import secrets
import signal
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Self

from bridge.core.guard import WINDOW_S, Guard, Moment
from bridge.core.permit import OrderPermit
from bridge.drivers.clock import LoopTimers
from bridge.drivers.clock.sync import is_clock_set
from bridge.drivers.mqtt.desk import CommandDesk
from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.options import Branch
from bridge.drivers.ports import GatewayBus, Incoming
from bridge.gateway.adaptor import Adaptor, Picture
from bridge.gateway.canvas import Canvas
from bridge.model.bus import Command, MqttSettings, Unreadable, Verdict
from bridge.model.effects import AnswerRequest
from bridge.model.ids import RequestId
from bridge.model.intents import Outcome
from bridge.model.pbx import PbxAnswer, PbxCommand
from bridge.protocols.mqtt_payloads import encode_info
from bridge.protocols.mqtt_topics import Topics
from bridge.protocols.pbx_commands import parse_pbx_command
from bridge.protocols.pbx_states import Shown
from bridge.protocols.pbx_topics import PbxTopics

_LOG = logging.getLogger(__name__)

STATE_TTL_S = 3600.0  # of the contract: how long a broker keeps what nobody says again
REFRESH_S = 1200.0  # and how often it is said again
REFRESH_EVERY_S, REFRESH_MOST = 1.0, 200  # 10,000 extensions with four topics need 34 a second
ORDER_S = 8.0  # an asker waits 10 s
_ROTATE, _REFRESH = "gateway:window", "gateway:refresh"

MakeAdaptor = Callable[[GatewayBus, Picture], Adaptor]


class Gateway:
    """Joins one PBX to the contract; entered once.

    Args:
        settings: of the broker; ``bridge`` is the id of the PBX.
        shown: how much of numbers and dialogs readers may see.
        make_adaptor: for the kind of PBX.
        version: of this software.
    """

    def __init__(
        self, settings: MqttSettings, shown: Shown, make_adaptor: MakeAdaptor, version: str
    ) -> None:
        self._settings = settings
        self._version = version
        self._timers = LoopTimers()
        self._stack = AsyncExitStack()
        self._orders: set[asyncio.Task[None]] = set()
        topics = Topics(settings.base)
        held = "the PBX has not been heard yet"
        branch = Branch(PbxTopics(settings.base).changing, 0, STATE_TTL_S, held)
        self.link = MqttLink(settings, self._incoming, branch=branch)
        self.canvas = Canvas(self.link, settings.base, shown)
        self.adaptor = make_adaptor(self.link, self.canvas)
        permit = OrderPermit(self.adaptor.commands, may_dial=settings.may_dial)
        self._offered = permit.offered
        self.guard = Guard(self.link.epoch, permit)
        self._desk: CommandDesk[PbxCommand] = CommandDesk(
            self.link,
            topics,
            parse=parse_pbx_command,
            check=self._check,
            give=self._give,
            settle=self.guard.settle,
        )
        self._info = topics.info

    async def __aenter__(self) -> Self:
        """Start; broker and PBX come up by themselves, in any order."""
        self._stack.callback(self._timers.stop_all)
        self._rotate()
        self._refresh()
        await self._stack.enter_async_context(self.link)
        await self._stack.enter_async_context(self.adaptor)
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Let go of the PBX, then say offline."""
        for task in self._orders:
            task.cancel()
        await self._stack.aclose()

    # -- commands -------------------------------------------------------------

    def _incoming(self, message: Incoming) -> None:
        self._desk.take(message)

    def _check(self, said: Command[object] | Unreadable, retained: bool) -> Verdict:
        clock_set = self._settings.is_local or is_clock_set()
        moment = Moment(time.monotonic(), time.time() * 1000, clock_set)
        return self.guard.check(said, retained=retained, calls={}, at=moment)

    def _give(self, order: PbxCommand, request: RequestId) -> None:
        task = asyncio.create_task(self._carry_out(order, request), name="pbx order")
        self._orders.add(task)
        task.add_done_callback(self._orders.discard)

    async def _carry_out(self, order: PbxCommand, request: RequestId) -> None:
        answer = await self._ask(order)
        self._desk.answer(AnswerRequest(request, answer.outcome, answer.detail))

    async def _ask(self, order: PbxCommand) -> PbxAnswer:
        if not self.canvas.is_whole:
            return PbxAnswer(Outcome.FAILED, "the gateway does not hear its PBX: try again later")
        try:
            async with asyncio.timeout(ORDER_S):
                return await self.adaptor.send(order)
        except TimeoutError:
            text = f"the PBX has not confirmed it within {ORDER_S:.0f} s: look at the state"
            return PbxAnswer(Outcome.FAILED, text)
        except Exception:  # noqa: BLE001  # the task border: one order must not end the gateway
            _LOG.exception("an order failed in a way nobody thought of")
            return PbxAnswer(Outcome.FAILED, "the gateway failed: its log says how")

    # -- by time --------------------------------------------------------------

    def _rotate(self, _name: str = "") -> None:
        """Give commands a new token to quote."""
        self.guard.rotate(secrets.token_hex(8))
        body = encode_info(self.guard.windows, self._version, self._offered)
        self.canvas.put(self._info, body)
        self._timers.start(_ROTATE, WINDOW_S, self._rotate)

    def _refresh(self, _name: str = "") -> None:
        """Say again what would expire."""
        self.link.refresh(REFRESH_S, REFRESH_MOST)
        self._timers.start(_REFRESH, REFRESH_EVERY_S, self._refresh)


async def serve(gateway: Gateway) -> None:
    """Run until SIGTERM or SIGINT."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with gateway:
        await stopping.wait()
        _LOG.info("stopping")
