"""What is asked of Asterisk beyond listening; each order ends with what Asterisk confirmed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import assert_never

from bridge.gateway.asterisk.connection import AmiConnection, LinkLostError, Reply
from bridge.model.asterisk import DialPlan, Family
from bridge.model.blf import Extension
from bridge.model.intents import Outcome
from bridge.model.pbx import (
    ActivateProfile,
    FetchParked,
    HangUp,
    Originate,
    Park,
    PbxAnswer,
    PbxCommand,
    PickUp,
    Redirect,
    ServeQueue,
    SetForwarding,
    SetGlobalDnd,
    SetPresence,
)
from bridge.model.redaction import printable, redact
from bridge.protocols import ami_commands
from bridge.protocols.ami import Action, Message
from bridge.protocols.ami_states import AsteriskReader

_DONE = PbxAnswer(Outcome.DONE)
_GONE = "No such channel"  # the other end of a call may go with the first

UNREACHABLE_S = 0.5  # a telephone that is not there fails within milliseconds
PARKED_S = 2.0  # a call is in its slot some 100 ms after Asterisk agreed to park it
_LOOK_S = 0.1

Look = Callable[[Family], Awaitable[bool]]


class _NotNowError(Exception):
    """It cannot be done as things are; the text is for the asker."""


class Orders:
    """Does orders on one connection.

    Args:
        plan: words of the dial plan.
        reader: what was heard.
        connection: asks Asterisk.
        look: reads a family of AstDB again; False = it cannot be read.
    """

    def __init__(
        self, plan: DialPlan, reader: AsteriskReader, connection: AmiConnection, look: Look
    ) -> None:
        self._plan = plan
        self._reader = reader
        self._ask = connection.ask
        self._look = look
        self._left: dict[Extension, list[Extension]] = {}  # queues an agent was last in

    async def do(self, order: PbxCommand) -> PbxAnswer:
        """Do one order; never raises for what Asterisk says or does not say."""
        try:
            return await self._do(order)
        except LinkLostError as why:
            return _failed(f"{why}: look at the state")
        except _NotNowError as why:
            return _failed(str(why))
        except ValueError as why:
            return _denied(str(why))

    async def _do(self, order: PbxCommand) -> PbxAnswer:  # noqa: PLR0911  # one line each
        match order:
            case PickUp(extension=extension, by=by):
                return await self._pick_up(extension, by)
            case FetchParked(slot=slot, by=by):
                return await self._call(by, slot)
            case Originate(extension=extension, number=number):
                return await self._call(extension, number)
            case HangUp(extension=extension):
                return await self._hang_up(extension)
            case Park(extension=extension, slot=slot):
                return await self._park(extension, slot)
            case Redirect(extension=extension, number=number):
                return await self._redirect(extension, number)
            case ServeQueue():
                return await self._serve(order)
            case SetGlobalDnd(extension=extension, on=on):
                return await self._disturb(extension, on=on)
            case SetForwarding(extension=extension, when=when):
                target = ami_commands.forward_target(order)
                return await self._keep(ami_commands.FAMILIES[when], extension, target)
            case SetPresence():
                action = ami_commands.presence_action(order)
                return _denied(action) if isinstance(action, str) else await self._said(action)
            case ActivateProfile():
                return _denied("asterisk knows no forwarding profiles")
        assert_never(order)

    async def _said(self, action: Action) -> PbxAnswer:
        reply = await self._ask(action)
        return _DONE if reply.is_ok else _refused(reply)

    async def _pick_up(self, extension: Extension, by: Extension) -> PbxAnswer:
        if not self._plan.pickup:
            return _denied("no code for picking up is configured: gateway.asterisk.pickup")
        return await self._call(by, self._plan.pickup + extension)

    async def _call(self, extension: Extension, number: str) -> PbxAnswer:
        """Have a telephone rung; one that fails at once is told."""
        action = ami_commands.call_action(self._plan, extension, number)
        later: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        try:
            reply = await self._ask(action, later=later)
            if not reply.is_ok:
                return _refused(reply)
            async with asyncio.timeout(UNREACHABLE_S):
                became = await later
        except TimeoutError:
            return _DONE  # it rings
        finally:
            later.cancel()
        if became.get("Response") == "Failure":
            return _failed(f"the telephone of {extension} cannot be reached, or is busy")
        return _DONE

    async def _legs(self) -> list[ami_commands.Leg]:
        reply = await self._ask(Action("CoreShowChannels"))
        if not reply.is_ok:
            raise _NotNowError(_words(reply))
        return ami_commands.legs_in(reply.events)

    async def _hang_up(self, extension: Extension) -> PbxAnswer:
        own = ami_commands.legs_of(self._plan, extension, await self._legs())
        if not own:
            return _failed(f"{extension} has no call")
        for leg in own:
            reply = await self._ask(ami_commands.hangup_action(leg.channel))
            if not (reply.is_ok or reply.words == _GONE):
                return _refused(reply)
        return _DONE

    async def _other_end(self, extension: Extension) -> tuple[str, str]:
        """Return the one channel an extension talks with, and its own."""
        legs = await self._legs()
        own = ami_commands.legs_of(self._plan, extension, legs)
        others = ami_commands.other_ends(own, legs)
        if len(others) != 1:
            talks = "nobody" if not others else f"{len(others)} others"
            raise _NotNowError(f"{extension} must talk with one other, and talks with {talks}")
        return next(iter(others.items()))

    async def _redirect(self, extension: Extension, number: str) -> PbxAnswer:
        channel, _ = await self._other_end(extension)
        return await self._said(ami_commands.redirect_action(self._plan, channel, number))

    async def _park(self, extension: Extension, slot: Extension) -> PbxAnswer:
        if self._reader.is_parked(slot):
            return _failed(f"somebody waits in {slot} already")
        channel, own = await self._other_end(extension)
        answer = await self._said(ami_commands.park_action(self._plan, channel, own, slot))
        if answer != _DONE:
            return answer
        for _ in range(int(PARKED_S / _LOOK_S)):
            await self._ask(Action("ParkedCalls"))
            if self._reader.is_parked(slot):
                return _DONE
            await asyncio.sleep(_LOOK_S)
        return _failed(f"asterisk did not park it in {slot}: look at the other slots")

    async def _serve(self, order: ServeQueue) -> PbxAnswer:
        queues = [order.queue] if order.queue else self._every(order)
        if not queues:
            return _failed("it is not known which queues: name one")
        for queue in queues:
            interface = self._reader.interface(queue, order.extension)
            if bool(interface) == order.logged_in:
                continue
            action = ami_commands.serve_action(
                self._plan, queue, order.extension, interface, logged_in=order.logged_in
            )
            answer = await self._said(action)
            if answer != _DONE:
                return answer
        return _DONE

    def _every(self, order: ServeQueue) -> list[Extension]:
        """Return the queues that are meant where none is named."""
        now = self._reader.queues_of(order.extension)
        if order.logged_in:
            return now or self._left.get(order.extension, [])
        if now:
            self._left[order.extension] = now
        return now

    async def _disturb(self, extension: Extension, *, on: bool) -> PbxAnswer:
        answer = await self._keep(Family.DND, extension, "YES" if on else "")
        if answer == _DONE and self._plan.dnd_device:
            action = ami_commands.device_action(self._plan.dnd_device, extension, busy=on)
            return await self._said(action)
        return answer

    async def _keep(self, family: Family, extension: Extension, value: str) -> PbxAnswer:
        """Write into AstDB, and say done once it can be read there."""
        name = dict(self._plan.families).get(family, "")
        if not name:
            return _denied(f"no family of AstDB is configured for {family.value}")
        reply = await self._ask(ami_commands.write_family(name, extension, value))
        is_read = await self._look(family)
        if is_read and self._reader.holds(family, extension) == value:
            return _DONE  # also when nothing had to be deleted
        return _DONE if reply.is_ok and not is_read else _refused(reply)


def _words(reply: Reply) -> str:
    return redact(printable(f"asterisk: {reply.words or 'no reason'}", 200))


def _refused(reply: Reply) -> PbxAnswer:
    return _failed(_words(reply))


def _failed(text: str) -> PbxAnswer:
    return PbxAnswer(Outcome.FAILED, text)


def _denied(text: str) -> PbxAnswer:
    return PbxAnswer(Outcome.DENIED, text)
