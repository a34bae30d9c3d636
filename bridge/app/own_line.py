"""What the PBX says of our own extension: its forwarding, and who is behind a code we dialled."""

from types import TracebackType
from typing import Self

from bridge.app.switchboard import Announcement, Switchboard
from bridge.features.own_line import call_to_code, named_peer
from bridge.model.blf import Extension, Fact, ForwardingFact, LineFact, PbxId, SourceFact
from bridge.model.calls import Direction, Snapshot
from bridge.model.effects import Effect
from bridge.model.events import Event, RemoteChanged
from bridge.model.ids import CallId


class OwnLine:
    """A ``switchboard.Reader`` and a ``ports.FactSink``.

    Args:
        extension: our own, empty = not known.
        switchboard: the core's world.
    """

    def __init__(self, extension: Extension, switchboard: Switchboard) -> None:
        self._own = extension
        self._switchboard = switchboard
        self._code: CallId | None = None  # our call that names nobody yet
        self._forwarding: ForwardingFact | None = None
        self._is_up = False

    async def __aenter__(self) -> Self:
        """Begin."""
        self._switchboard.readers.append(self)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._switchboard.readers.remove(self)

    @property
    def body(self) -> dict[str, object] | None:
        """What a status says of forwarding at the PBX; None while that is not known."""
        fact = self._forwarding
        if fact is None or not self._is_up:
            return None
        return {
            "profile": fact.profile,
            "title": fact.title,
            "forwarding": fact.is_forwarding,
            "when": [when.value for when in fact.whens],
            "rules": fact.rules,
        }

    # -- in -------------------------------------------------------------------

    def learn(self, pbx: PbxId, fact: Fact) -> None:  # noqa: ARG002  # there is one
        """Take a fact of the PBX."""
        match fact:
            case SourceFact(is_up=is_up):
                self._is_up = is_up
                self._forwarding = self._forwarding if is_up else None
            case ForwardingFact(extension=extension) if extension == self._own:
                self._forwarding = fact
            case LineFact(extension=extension) if extension == self._own:
                self._name(fact)
            case _:
                pass

    def changed(self, now: Snapshot) -> None:
        """See our calls: what the PBX said before a call began is about another one."""
        self._code = call_to_code(now)

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:
        """See one step: nothing to do."""

    def announced(self, what: Announcement) -> None:
        """See one thing that happened: nothing to do."""

    def _name(self, line: LineFact) -> None:
        party = named_peer(line, Direction.OUTGOING)
        if self._code is not None and party is not None:
            now_s = self._switchboard.timers.now()
            self._switchboard.post(RemoteChanged(now_s, self._code, party))
