"""All desk phones: their requests come in here, and the orders for their calls go out."""

import asyncio
import hmac
import ipaddress
import logging
import secrets
import string
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from bridge.drivers.phones.control import Send, sender
from bridge.drivers.phones.line import PhoneCall, PhoneLine
from bridge.drivers.ports import HttpAnswer, HttpAsked, Now, Sink
from bridge.model.calls import Cause, EndedBy
from bridge.model.effects import (
    AnswerCall,
    EngineOrder,
    HoldCall,
    PlaceCall,
    RejectCall,
    RingCall,
    SetMicrophone,
    SetRinger,
    SoundNotice,
)
from bridge.model.errors import TransportError
from bridge.model.events import CallArrived, CallDialed, EngineEvent, OrderFailed
from bridge.model.ids import AccountId, CallId
from bridge.model.phones import Happening, PhoneEvent, PhoneSettings, Refused
from bridge.protocols.phone_control import (
    CALL_STATUS_PATH,
    PhoneRequest,
    Which,
    choose,
    needs_handle,
    read_call_status,
    refusal_of,
    request_for,
)
from bridge.protocols.phone_events import XML_WORD, Addressed, read_event, read_path
from bridge.protocols.phone_xml import read_notification

ORDER_S = 4.0
"""An order that could not be sent for so long is not sent any more: the moment has passed."""

MOST_WAITING = 16  # orders for one phone; a person gives 2 a second
LOOK_S = 1.0  # between looks for calls of which nothing is heard

OnKey = Callable[[PhoneSettings, PhoneEvent], None]
"""Told of keys, do not disturb, and mute while a call is in use; on the event loop."""

_NO_CONTROL = "this desk phone takes no orders from here: set phones[].control to its address"
_STATUS = {
    Refused.NO_SUCH_PATH: 404,
    Refused.WRONG_METHOD: 405,
    Refused.TOO_LARGE: 413,
    Refused.UNKNOWN_EVENT: 404,
    Refused.BAD_QUERY: 400,
    Refused.BAD_XML: 400,
}  # all others: 403
_KEYS = frozenset({Happening.KEY, Happening.LONG_KEY, Happening.DND_ON, Happening.DND_OFF})
_MUTES = frozenset({Happening.MUTED, Happening.UNMUTED})
_TOO_LATE = "the desk phone did not answer in time, so the order was not sent"

_ALPHABET = string.ascii_lowercase + string.digits
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Desk:
    """One phone, its calls, and what waits to be sent to it."""

    phone: PhoneSettings
    line: PhoneLine
    send: Send | None
    thread: ThreadPoolExecutor
    refused: Counter[Refused] = field(default_factory=Counter)
    waiting: asyncio.Queue[tuple[EngineOrder, float]] = field(
        default_factory=lambda: asyncio.Queue(MOST_WAITING)
    )


class Phones:
    """Desk phones that look like lines of the engine.

    Args:
        phones: which.
        sink: takes events.
        now: monotonic seconds.
        on_key: told of keys and of do not disturb.
        make: makes what sends requests to a phone.
    """

    def __init__(
        self,
        phones: Sequence[PhoneSettings],
        sink: Sink,
        now: Now,
        on_key: OnKey,
        make: Callable[[PhoneSettings], Send] = sender,
    ) -> None:
        self._sink, self._now, self._on_key = sink, now, on_key
        self._desks = {
            phone.account: _Desk(
                phone,
                PhoneLine(phone.account, fresh_call_id),
                make(phone) if phone.control else None,
                ThreadPoolExecutor(1, thread_name_prefix=f"phone {phone.id}"),
            )
            for phone in phones
        }
        self._by_id = {desk.phone.id: desk for desk in self._desks.values()}
        self._tasks: list[asyncio.Task[None]] = []
        self._arriving: CallId | None = None
        self.strangers: Counter[Refused] = Counter()  # requests that name no phone of ours

    async def __aenter__(self) -> Self:
        """Start; what a phone tells is taken from now on."""
        for desk in self._desks.values():
            work = self._work(desk)
            self._tasks.append(asyncio.create_task(work, name=f"phone {desk.phone.id}"))
        self._tasks.append(asyncio.create_task(self._look(), name="silent phones"))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop; calls go on at their phones."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for desk in self._desks.values():
            desk.thread.shutdown(wait=False, cancel_futures=True)
            self._tell(desk.line.end_all("the program ends", self._now()))

    # -- what phones tell -----------------------------------------------------

    def answer(self, asked: HttpAsked) -> HttpAnswer:
        """Take one request of a phone; never raises for what is in it."""
        addressed = read_path(asked.path)
        if isinstance(addressed, Refused):
            return self._refuse(None, addressed)
        desk = self._by_id.get(addressed.phone)
        if desk is None:
            return self._refuse(None, Refused.UNKNOWN_PHONE)
        refused = _not_allowed(desk.phone, addressed, asked.peer)
        told = refused or _events(addressed, asked)
        if isinstance(told, Refused):
            return self._refuse(desk, told)
        for event in told:
            self._heard(desk, event)
        return HttpAnswer(200)

    def _heard(self, desk: _Desk, event: PhoneEvent) -> None:
        _log.debug("phone %s: %s", desk.phone.id, event.happening.value)
        self._tell(desk.line.heard(event, self._now()))
        in_use = any(call.up and not call.held for call in desk.line.calls.values())
        if event.happening in _KEYS or (event.happening in _MUTES and in_use):
            self._on_key(desk.phone, event)

    def _tell(self, events: Sequence[EngineEvent]) -> None:
        for event in events:
            if isinstance(event, CallArrived | CallDialed):
                self._arriving = event.call
            self._sink(event)
            self._arriving = None

    def _refuse(self, desk: _Desk | None, why: Refused) -> HttpAnswer:
        counts = self.strangers if desk is None else desk.refused
        counts[why] += 1
        if counts[why] == 1:  # once: strangers could fill the log
            who = "nobody we know" if desk is None else f"phone {desk.phone.id}"
            _log.warning("http: a request for %s was refused: %s", who, why.value)
        return HttpAnswer(_STATUS.get(why, 403), why.value.encode())

    def counts(self) -> dict[str, int]:
        """Return how many requests were refused, by reason."""
        total = Counter(self.strangers)
        for desk in self._desks.values():
            total.update(desk.refused)
        return {why.value: count for why, count in total.items()}

    # -- orders ---------------------------------------------------------------

    def owns(self, order: EngineOrder) -> bool:
        """Say whether an order is about a phone's line or one of its calls."""
        if isinstance(order, PlaceCall):
            return order.account in self._desks
        return not isinstance(order, SetRinger) and self.carries(order.call)

    def carries(self, call: CallId) -> bool:
        """Say whether a call is on a phone."""
        return bool(self._account_of(call))

    def order(self, order: EngineOrder) -> None:
        """Take an order that ``owns`` says is ours. Never blocks, never raises."""
        match order:
            case SetRinger() | RingCall() | SoundNotice():
                return  # the phone rings by itself, and its sound is its own
            case PlaceCall(call, account, target):
                desk = self._desks[account]
                desk.line.place(call, target, self._now())
            case _:
                desk = self._desks[self._account_of(order.call)]
                desk.line.wants(order)
        if isinstance(order, RejectCall) and order.call == self._arriving:
            # Not taken here (busy, do not disturb, barred): the phone goes on ringing by itself.
            desk.line.calls.pop(order.call, None)
        elif not desk.line.is_done(order):
            self._queue(desk, order)

    def _queue(self, desk: _Desk, order: EngineOrder) -> None:
        if desk.send is None:
            self._later(lambda: self._failed(desk, order, _NO_CONTROL))
            return
        try:
            desk.waiting.put_nowait((order, self._now()))
        except asyncio.QueueFull:
            self._later(lambda: self._failed(desk, order, _TOO_LATE))

    def _later(self, action: Callable[[], None]) -> None:
        """No event comes inside ``order``."""
        asyncio.get_running_loop().call_soon(action)

    def _account_of(self, call: CallId) -> AccountId:
        """Return the line of a call, empty where it is no phone's."""
        found = (name for name, desk in self._desks.items() if call in desk.line.calls)
        return next(found, AccountId(""))

    # -- sending --------------------------------------------------------------

    async def _work(self, desk: _Desk) -> None:
        """Send one order after the other, for ever."""
        while True:
            order, since_s = await desk.waiting.get()
            try:
                await self._carry_out(desk, order, since_s)
            except TransportError as error:
                self._failed(desk, order, str(error))
                self._tell(desk.line.failed(str(error), self._now()))

    async def _carry_out(self, desk: _Desk, order: EngineOrder, since_s: float) -> None:
        call = desk.line.calls.get(getattr(order, "call", CallId("")))
        if call is None or (isinstance(order, AnswerCall | RejectCall) and not call.rings):
            return  # over, or answered: what was meant is no more
        if desk.line.is_done(order):
            return
        if self._now() - since_s > ORDER_S:
            self._failed(desk, order, _TOO_LATE)
            return
        if not isinstance(order, SetMicrophone):  # which nothing need confirm
            desk.line.awaits(call.call, type(order).__name__, self._now())
        request = await self._request(desk, order, call)
        if isinstance(request, PhoneRequest):
            body = await self._send(desk, request)
            said = refusal_of(desk.phone.vendor, body)
        else:
            said = request
        if said:
            self._failed(desk, order, said)
        elif isinstance(order, SetMicrophone):
            desk.line.muted = order.muted
        elif call.awaited is not None:  # not yet told; some phones tell before they answer
            desk.line.awaits(call.call, type(order).__name__, self._now())

    async def _request(
        self, desk: _Desk, order: EngineOrder, call: PhoneCall
    ) -> PhoneRequest | str:
        name = call.name
        if needs_handle(desk.phone.vendor, order):
            status = await self._send(desk, PhoneRequest("GET", CALL_STATUS_PATH))
            found = read_call_status(status)
            if isinstance(found, str):
                return found
            name = choose(found, call.name, call.remote.number)
            if not name:
                return "the phone has other calls than we know of: use its own keys"
        which = Which(name, alone=len(desk.line.calls) == 1)
        return request_for(desk.phone.vendor, order, which, desk.phone.identity)

    async def _send(self, desk: _Desk, request: PhoneRequest) -> bytes:
        if desk.send is None:
            raise TransportError(_NO_CONTROL)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(desk.thread, desk.send, request)

    def _failed(self, desk: _Desk, order: EngineOrder, reason: str) -> None:
        call = getattr(order, "call", None)
        if call is None or call not in desk.line.calls:
            return
        desk.line.calls[call].awaited = None
        if isinstance(order, HoldCall):
            desk.line.calls[call].hold_wanted = False
        at_s = self._now()
        self._sink(OrderFailed(at_s, call, type(order).__name__, 0, reason))
        if isinstance(order, PlaceCall):
            self._tell(desk.line.drop(call, Cause(EndedBy.ERROR, 0, reason), at_s))

    async def _look(self) -> None:
        """End calls of which nothing is heard any more, and orders that came to nothing."""
        while True:
            await asyncio.sleep(LOOK_S)
            for desk in self._desks.values():
                if desk.line.calls:
                    self._tell(desk.line.late(self._now()))


def _not_allowed(phone: PhoneSettings, addressed: Addressed, peer: str) -> Refused | None:
    """Return why a request is not let through: its address first, so that a token is not tried."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return Refused.WRONG_ADDRESS
    networks = (ipaddress.ip_network(text, strict=False) for text in phone.addresses)
    if not any(address in network for network in networks):
        return Refused.WRONG_ADDRESS
    right = hmac.compare_digest(addressed.token.encode(), phone.token.encode())
    return None if right else Refused.WRONG_TOKEN


def _events(addressed: Addressed, asked: HttpAsked) -> tuple[PhoneEvent, ...] | Refused:
    wanted = "POST" if addressed.word == XML_WORD else "GET"
    if asked.method != wanted:
        return Refused.WRONG_METHOD
    if addressed.word == XML_WORD:
        return read_notification(asked.body)
    event = read_event(addressed.word, asked.query)
    return event if isinstance(event, Refused) else (event,)


def fresh_call_id() -> CallId:
    """Return a call id that was never used and cannot be guessed."""
    return CallId("".join(secrets.choice(_ALPHABET) for _ in range(20)))
