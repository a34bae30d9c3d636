"""MQTT composed: broker, link, publisher, guard, and the commands' way to the core."""

import contextlib
import secrets
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Self

from bridge.app.around import Around
from bridge.app.bus_link import Link, MakeLink
from bridge.app.home_assistant import HomeAssistant, HomePermit
from bridge.app.lamps import Lamps
from bridge.app.loudness import Loudness
from bridge.app.meetings import Meetings
from bridge.app.remote import Controllers
from bridge.app.switchboard import Switchboard
from bridge.app.trace import Trace
from bridge.blf.board import Changes
from bridge.core.guard import WINDOW_S, Guard, Moment, Permit
from bridge.core.permit import DialPermit
from bridge.drivers.clock.sync import is_clock_set
from bridge.drivers.mqtt.calendar import CalendarEar
from bridge.drivers.mqtt.desk import CommandDesk
from bridge.drivers.mqtt.link import MqttLink
from bridge.drivers.mqtt.pbx import PbxWatch
from bridge.drivers.mqtt.private_broker import PrivateBroker
from bridge.drivers.mqtt.publisher import Publisher
from bridge.drivers.ports import FactSink, Incoming, StateBus
from bridge.model.blf import PanelId, PanelInfo, PbxId, SourceFact
from bridge.model.bus import BusStatus, Command, MqttSettings, Replay, Tallies, Unreadable, Verdict
from bridge.model.calls import Snapshot
from bridge.model.effects import (
    AnnounceCall,
    AnnounceDigit,
    AnnounceKey,
    AnswerRequest,
    Effect,
    Tell,
)
from bridge.model.errors import BusError
from bridge.model.events import Event, MatterChanged
from bridge.model.ids import RequestId
from bridge.model.intents import Intent, Outcome
from bridge.model.meetings import JoinMeeting
from bridge.model.remote import RemoteOrder, TurnVolume
from bridge.model.sound import SoundStats
from bridge.protocols.control_answers import Reply
from bridge.protocols.mqtt_commands import BridgeOrder, parse_command
from bridge.protocols.mqtt_home import HOME_NAMES, HomeOrder, parse_home
from bridge.protocols.mqtt_lamps import KeyOrder
from bridge.protocols.mqtt_topics import Topics

WINDOW_TIMER = "app:mqtt window"
MOST_STATES = 2000  # that are sent again in one go

_Order = BridgeOrder | HomeOrder


def _parse(name: str, payload: bytes) -> Command[_Order | Replay] | Unreadable:
    """Return the command a message holds, or why it holds none."""
    return parse_home(name, payload) if name in HOME_NAMES else parse_command(name, payload)


class Bus:
    """The MQTT side of the daemon; a ``switchboard.Reader``.

    Args:
        settings: of the broker; private unless host or socket is set.
        switchboard: the core's world.
        trace: gets every message.
        directory: for the private broker's socket.
        version: of this software.
        make_link: real unless told otherwise.
    """

    def __init__(
        self,
        settings: MqttSettings,
        switchboard: Switchboard,
        trace: Trace,
        directory: Path,
        version: str,
        make_link: MakeLink = MqttLink,
    ) -> None:
        self._settings = settings
        self._switchboard = switchboard
        self._trace = trace
        self._directory = directory
        self._version = version
        self._make_link = make_link
        self._stack = AsyncExitStack()
        self._link: Link | None = None
        self._publisher: Publisher | None = None
        self._desk: CommandDesk[_Order] | None = None
        self._guard: Guard | None = None
        self._text = "off"
        self._is_up: bool | None = None
        self._lamps: Lamps | None = None
        self._around: Around | None = None
        self._meetings: Meetings | None = None
        self._controllers: Controllers | None = None
        self._loudness: Loudness | None = None
        self._home: HomeAssistant | None = None
        self._may_dial = False
        self.count_pbx: Callable[[], Mapping[str, int]] = dict
        """Asked how often what happened between us and the PBX."""

    @property
    def text(self) -> str:
        """Return one sentence about broker and connection."""
        return self._text

    @property
    def is_up(self) -> bool | None:
        """Whether we are connected; None while nothing is known yet."""
        return self._is_up

    @property
    def silent_s(self) -> float:
        """Seconds since the link showed life; 0 where there is none."""
        return self._link.silent_s if isinstance(self._link, MqttLink) else 0.0

    @property
    def tallies(self) -> Tallies:
        """How often what happened."""
        commands = {} if self._guard is None else self._guard.counts
        messages = self._link.counts if isinstance(self._link, MqttLink) else {}
        return Tallies.of(commands, messages, self.count_pbx())

    @property
    def settings(self) -> MqttSettings:
        """Return the settings in use; with a private broker they name its socket."""
        return self._settings

    async def __aenter__(self) -> Self:
        """Start; a missing broker is told and everything else works."""
        if not self._settings.enabled:
            return self
        try:
            await self._start()
        except BusError as error:
            await self._stack.aclose()
            self._is_up = False
            self._complain(str(error))
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def watch_pbx(self, pbx: PbxId, sink: FactSink) -> PbxWatch | None:
        """Begin to hear a PBX; to be called when entered.

        Args:
            pbx: which.
            sink: gets its facts; first that nothing is known.

        Returns:
            Whoever hears it and asks it; None where there is no MQTT, and nothing will be said.
        """
        if self._link is None:
            sink(
                pbx, SourceFact(pbx, False, "MQTT is off, the PBX cannot be heard: set mqtt.broker")
            )
            return None
        settings = self._settings
        watch = PbxWatch(self._link, pbx, settings.root, settings.bridge, sink)
        self._stack.callback(watch.stop)
        watch.start()
        return watch

    async def _start(self) -> None:
        self._may_dial = self._settings.may_dial  # asked before the private broker makes it local
        if self._settings.is_private:
            broker = PrivateBroker(
                self._directory,
                port=self._settings.private_port,
                on_ready=self._hurry,
                on_problem=self._complain,
            )
            await self._stack.enter_async_context(broker)
            self._settings = broker.connect(self._settings)
        link = self._make_link(
            self._settings,
            self._incoming,
            now=self._switchboard.timers.now,
            tracer=self._trace,
            on_status=self._status,
        )
        if isinstance(link, MqttLink):
            self._trace.on_watch.append(link.watch)
            link.watch(self._trace.is_watched)
        topics = Topics(self._settings.base)
        self._guard = Guard(link.epoch, self._permit())
        self._desk = CommandDesk(
            link,
            topics,
            parse=_parse,
            check=self._check,
            give=self._give,
            settle=self._guard.settle,
        )
        self._publisher = Publisher(link, self._settings, self._version)
        self._link = link
        self._home = HomeAssistant(
            link, self._settings, self._version, self._switchboard.timers, self._say_again
        )
        self._home.start()
        self._stack.callback(self._home.stop)
        self._rotate()
        self._publisher.show(self._switchboard.view())
        self._home.show(self._switchboard.view())
        for topic, text in self._switchboard.state.notes:  # told before there was a bus
            self._publisher.tell(Tell(topic, text))
        self._switchboard.readers.append(self)
        await self._stack.enter_async_context(link)
        self._stack.callback(self._detach)

    def _permit(self) -> Permit:
        """Return rule 9 of the guard."""
        dialling, home = DialPermit(may_dial=self._may_dial), HomePermit(self._settings.home)

        def permit(command: Command[object], source: str, now_s: float) -> str:
            return dialling(command, source, now_s) or home(command, source, now_s)

        return permit

    def _say_again(self) -> None:
        """Send every state once more: Home Assistant has started."""
        if isinstance(self._link, MqttLink):
            self._link.refresh(0.0, MOST_STATES)

    def _detach(self) -> None:
        self._switchboard.timers.stop(WINDOW_TIMER)
        with contextlib.suppress(ValueError):
            self._switchboard.readers.remove(self)

    # -- as a reader of the switchboard ---------------------------------------

    def stepped(self, event: Event, effects: tuple[Effect, ...]) -> None:  # noqa: ARG002
        if self._desk is not None:
            for effect in effects:
                if isinstance(effect, AnswerRequest):
                    self._desk.answer(effect)

    def changed(self, now: Snapshot) -> None:
        if self._publisher is not None:
            self._publisher.show(now)
        if self._home is not None:
            self._home.show(now)

    def announced(self, what: AnnounceCall | AnnounceKey | AnnounceDigit | Tell) -> None:
        if self._publisher is None:
            return
        if isinstance(what, Tell):
            self._publisher.tell(what)
        else:
            self._publisher.announce(what)

    def figures(self, stats: SoundStats) -> None:
        """Publish the figures of the sound."""
        if self._publisher is not None:
            self._publisher.figures(stats)

    def surround(self, around: Around, user: str) -> None:
        """Take commands about presence and queues from now on.

        Args:
            around: does them.
            user: under which what others see of the user is published, empty = it is not.
        """
        self._around = around
        if user and self._publisher is not None:
            around.presence.on_shown.append(partial(self._publisher.presence, user))
            around.presence.show()
        if self._home is not None:
            self._home.know(user)

    @property
    def link(self) -> StateBus | None:
        """Return the link, None where there is no MQTT."""
        return self._link

    def yield_to(self, controllers: Controllers, loudness: Loudness) -> None:
        """Take commands of bridges that control this one from now on."""
        self._controllers, self._loudness = controllers, loudness

    def meet(self, meetings: Meetings, *, hears: bool) -> None:
        """Take commands about meetings of the room from now on.

        Args:
            meetings: does them.
            hears: they are published under our topic ``calendar``.
        """
        self._meetings = meetings
        if hears and self._link is not None:
            topic = Topics(self._settings.base).calendar
            self._link.listen(frozenset({topic}), CalendarEar(meetings.learn))

    # -- commands -------------------------------------------------------------

    def _incoming(self, message: Incoming) -> None:
        if self._desk is not None:
            self._desk.take(message)

    def _check(self, said: Command[object] | Unreadable, retained: bool) -> Verdict:
        assert self._guard is not None  # noqa: S101  # made before the desk that calls this
        moment = Moment(
            self._switchboard.timers.now(), self._switchboard.unix() * 1000, self._clock_fits()
        )
        calls = {call.call: call.phase for call in self._switchboard.state.calls}
        return self._guard.check(said, retained=retained, calls=calls, at=moment)

    def _rotate(self, _name: str = "") -> None:
        """Give commands without a call a new token to quote."""
        if self._guard is None or self._publisher is None:
            return
        self._guard.rotate(secrets.token_hex(8))
        self._publisher.inform(self._guard.windows)
        self._publisher.tally(self.tallies)
        self._publisher.clock(is_set=self._clock_fits())
        self._switchboard.timers.start(WINDOW_TIMER, WINDOW_S, self._rotate)

    def _clock_fits(self) -> bool:
        """Whether ages can be told: senders on this machine share its clock, right or wrong."""
        return self._settings.is_local or is_clock_set()

    # -- keys -----------------------------------------------------------------

    def carry(self, lamps: Lamps) -> None:
        """Publish what the keys show from now on, and take commands about them."""
        self._lamps = lamps
        lamps.on_changes.append(self._light)
        self._light(Changes(lamps.faces))

    def _light(self, changes: Changes) -> None:
        if self._publisher is not None and self._lamps is not None:
            board = self._lamps.board
            faces = [(face, board.source(face.position)) for face in changes.faces]
            self._publisher.light(faces, changes.gone)
        if self._home is not None and self._lamps is not None:
            self._home.carry(self._lamps.faces)

    def panel_changed(self, info: PanelInfo, *, connected: bool) -> None:
        if self._publisher is not None:
            self._publisher.panel(info, connected=connected)
        if self._home is not None:
            self._home.meet(info)

    def panel_key(self, panel: PanelId, key: int, position: int | None, what: str) -> None:
        if self._publisher is not None:
            self._publisher.finger(panel, key, position, what)

    def _give(self, order: _Order, request: RequestId) -> None:
        may_dial = self._may_dial
        if isinstance(order, HomeOrder):
            order, may_dial = order.order, False
        if isinstance(order, Intent):
            self._switchboard.give(order, request)
            return
        told = partial(self._answer, request)
        if isinstance(order, KeyOrder):
            if self._lamps is not None:
                self._lamps.order(order, "mqtt", told, may_dial=may_dial)
        elif isinstance(order, RemoteOrder):
            if self._controllers is not None:
                told(self._controllers.obey(order))
        elif isinstance(order, TurnVolume):
            if self._loudness is not None:
                self._loudness.turn(order.part, order.volume)
                told(Reply(Outcome.DONE))
        elif isinstance(order, JoinMeeting):
            if self._meetings is not None:
                self._meetings.order(order, told)
        elif self._around is not None:
            self._around.order(order, told)

    def _answer(self, request: RequestId, reply: Reply) -> None:
        if self._desk is not None:
            self._desk.answer(AnswerRequest(request, reply.outcome, reply.detail, reply.call))

    # -- health ---------------------------------------------------------------

    def _hurry(self) -> None:
        if isinstance(self._link, MqttLink):
            self._link.try_now()

    def _status(self, status: BusStatus) -> None:
        self._text, self._is_up = status.text, status.up
        self._matter("" if status.up else status.text)

    def _complain(self, text: str) -> None:
        self._text = text or self._text
        self._matter(text)

    def _matter(self, text: str) -> None:
        self._switchboard.post(MatterChanged(self._switchboard.timers.now(), "mqtt", text))
