"""One connection to the manager interface: bytes in, events out, an answer to each action."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.protocols.ami import Action, AmiFraming, Greeting, Malformed, Message, encode_action

_LOG = logging.getLogger(__name__)

READ_BYTES = 65_536
ANSWER_S = 5.0  # 10,000 hints are listed in about a second
MAX_LISTED = 100_000  # events of one list
_UNSENT_BYTES = 262_144  # actions are small: so much unsent means that nobody reads


class LinkLostError(Exception):
    """The connection is of no use any more; its text says why."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an action was answered.

    Args:
        response: by itself.
        events: of the list it began, without the one that ended it.
    """

    response: Message
    events: tuple[Message, ...] = ()

    @property
    def is_ok(self) -> bool:
        """Return whether it was done."""
        return self.response.get("Response").lower() in ("success", "goodbye", "follows")

    @property
    def words(self) -> str:
        """Return what Asterisk said to it."""
        return self.response.get("Message")


@dataclass(slots=True)
class _Question:
    future: asyncio.Future[Reply]
    response: Message | None = None
    events: list[Message] = field(default_factory=list)


class AmiConnection:
    """Made from an open stream; ``read`` runs until it ends.

    Args:
        reader, writer: the stream.
        hear: takes every event, those of lists too, in the order they came.
        answer_s: how long an answer may take, with its list.
    """

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        hear: Callable[[Message], None],
        answer_s: float = ANSWER_S,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._hear = hear
        self._answer_s = answer_s
        self._framing = AmiFraming()
        self._questions: dict[str, _Question] = {}
        self._later: dict[str, asyncio.Future[Message]] = {}
        self._last = 0
        self._why = ""
        self.greeted: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.counts: Counter[str] = Counter()

    async def read(self) -> str:
        """Read until the connection ends; return why, one sentence."""
        try:
            while data := await self._reader.read(READ_BYTES):
                for heard in self._framing.feed(data):
                    self._take(heard)
            self._end("asterisk has closed the connection")
        except LinkLostError as error:
            self._end(str(error))
        except OSError as error:
            self._end(f"the connection to asterisk broke: {error.strerror or error}")
        finally:
            self._end("the connection to asterisk was given up")
        return self._why

    async def ask(
        self, action: Action, within_s: float = 0.0, later: asyncio.Future[Message] | None = None
    ) -> Reply:
        """Ask once, and return the answer with the list that belongs to it.

        Args:
            action: what is asked.
            within_s: how long the answer may take; 0 = as always.
            later: gets what becomes of a call that was queued (``OriginateResponse``).

        Raises:
            LinkLostError: there is no connection, or no answer came in time.
            ValueError: a value cannot be said.
        """
        self._last += 1
        action_id = f"offhook-{self._last}"
        data = encode_action(action, action_id)
        if self._why:
            raise LinkLostError(self._why)
        if self._writer.transport.get_write_buffer_size() > _UNSENT_BYTES:
            raise LinkLostError("asterisk does not read what it is asked")
        question = _Question(asyncio.get_running_loop().create_future())
        self._questions[action_id] = question
        if later is not None:
            self._later[action_id] = later
            later.add_done_callback(lambda _: self._later.pop(action_id, None))
        try:
            self._writer.write(data)
            async with asyncio.timeout(within_s or self._answer_s):
                return await question.future
        except TimeoutError:
            raise LinkLostError(f"asterisk does not answer {action.name}") from None
        finally:
            del self._questions[action_id]

    def close(self) -> None:
        """Let go of it, at once."""
        self._writer.close()

    # -- private --------------------------------------------------------------

    def _end(self, why: str) -> None:
        if self._why:
            return
        self._why = why
        for question in self._questions.values():
            if not question.future.done():
                question.future.set_exception(LinkLostError(why))
        if not self.greeted.done():
            self.greeted.set_exception(LinkLostError(why))
        if self.greeted.done() and not self.greeted.cancelled():
            self.greeted.exception()  # looked at: nobody may be waiting

    def _take(self, heard: Greeting | Message | Malformed) -> None:
        match heard:
            case Greeting(version=version):
                self.greeted.set_result(version)
            case Malformed(rule="greeting", reason=reason):
                raise LinkLostError(f"{reason}: host and port must be those of manager.conf")
            case Malformed(rule=rule, reason=reason):
                if not self.counts[rule]:
                    _LOG.warning("asterisk: a message is not used: %s", reason)
                self.counts[rule] += 1
            case Message():
                self._answer(heard)

    def _answer(self, message: Message) -> None:
        action_id = message.get("ActionID")
        question, later = self._questions.get(action_id), self._later.get(action_id)
        if message.event == "OriginateResponse" and later is not None and not later.done():
            later.set_result(message)
        if message.event:
            self._hear(message)
        if question is None or question.future.done():
            return
        if message.is_response:
            question.response = message
            if not message.begins_list:
                question.future.set_result(Reply(message))
        elif question.response is not None and message.ends_list:
            question.future.set_result(Reply(question.response, tuple(question.events)))
        elif len(question.events) < MAX_LISTED:
            question.events.append(message)
