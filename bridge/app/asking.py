"""Doing what somebody asks for, and telling what became of it."""

import asyncio
import logging
from collections.abc import Callable, Coroutine

from bridge.app.switchboard import Switchboard
from bridge.model.effects import AnswerRequest
from bridge.model.ids import CallId
from bridge.model.intents import Intent, Outcome
from bridge.protocols.control_answers import Reply

OnCall = Callable[[CallId], None]

_log = logging.getLogger(__name__)


def _nobody(_call: CallId) -> None:
    """Nobody wants to know."""


async def ask(
    switchboard: Switchboard,
    intent: Intent,
    within_s: float,
    source: str = "control",
    on_call: OnCall = _nobody,
) -> Reply:
    """Return what became of an intent, ``ACCEPTED`` when nothing final is known in time.

    Args:
        switchboard: the core's world.
        intent: what.
        within_s: seconds; the intent itself goes on.
        source: who asks; how often it may dial is counted for each.
        on_call: told the call that it is about or has begun, before anything happens to that.
    """
    final: asyncio.Future[AnswerRequest] = asyncio.get_running_loop().create_future()
    first: list[AnswerRequest] = []

    def on_answer(answer: AnswerRequest) -> None:
        if answer.outcome is Outcome.ACCEPTED:
            first.append(answer)
            if answer.call is not None:
                on_call(answer.call)
        elif not final.done():
            final.set_result(answer)

    request = switchboard.ask(intent, on_answer, source)
    try:
        answer = await asyncio.wait_for(final, within_s)
    except TimeoutError:
        switchboard.forget(request)
        call = first[0].call if first else None
        return Reply(Outcome.ACCEPTED, "under way", call)
    return Reply(answer.outcome, answer.detail, answer.call)


ACCEPT_S = 0.2  # the MQTT contract: whoever asks hears something within 250 ms


class Errands:
    """Orders carried out for somebody who does not wait.

    Args:
        what: they are about, for names of tasks and the log.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._tasks: set[asyncio.Task[None]] = set()

    async def stop(self) -> None:
        """Give up what is under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, doing: Coroutine[object, object, Reply], told: Callable[[Reply], None]) -> None:
        """Do it.

        Args:
            doing: gives the outcome, and may take long.
            told: gets the outcome, after ``ACCEPTED`` when it takes long.
        """
        task = asyncio.create_task(self._do(doing, told), name=self._what)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _do(
        self, coroutine: Coroutine[object, object, Reply], told: Callable[[Reply], None]
    ) -> None:
        """Task border: whatever goes wrong is the answer."""
        doing = asyncio.ensure_future(coroutine)
        try:
            if not (await asyncio.wait({doing}, timeout=ACCEPT_S))[0]:
                told(Reply(Outcome.ACCEPTED))
            reply = await doing
        except Exception:  # noqa: BLE001  # task border, see above
            _log.exception("an order about %s went wrong", self._what)
            reply = Reply(Outcome.FAILED, "it could not be done: see the log")
        finally:
            doing.cancel()
        told(reply)
