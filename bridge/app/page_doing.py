"""What the page asks for, done: each operation of ``kiosk.operations`` by the daemon's own ways."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from pydantic import BaseModel

from bridge.app.control import Control
from bridge.app.lamps import Lamps
from bridge.app.meetings import Meetings
from bridge.app.page_live import DEVICES, STATUS
from bridge.app.page_seeing import Seeing
from bridge.app.page_settings import PageOptions
from bridge.app.switchboard import Switchboard
from bridge.kiosk import requests as ask
from bridge.kiosk.body import Body, Viewer, history_for
from bridge.kiosk.operations import Wanted
from bridge.kiosk.rights import Right, right_for, right_for_key
from bridge.kiosk.sessions import Session
from bridge.model.blf import Favourite
from bridge.model.contacts import (
    Contact,
    ContactNumber,
    DeleteContact,
    FindContacts,
    SaveContacts,
)
from bridge.model.favourites import (
    ListFavourites,
    MoveFavourite,
    PressKey,
    PutFavourite,
    RemoveFavourite,
    ResetFavourites,
)
from bridge.model.features import ShowMe
from bridge.model.history import CallKind, DeleteHistory, FindHistory
from bridge.model.ids import DeviceId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.meetings import JoinMeeting
from bridge.model.page import DESK, KIOSK, Screen
from bridge.protocols.control_answers import Reply, reply_body
from bridge.protocols.control_records import RecordQuestion, check
from bridge.protocols.control_wire import intent_from

FRESH_MS = 5000  # a wish that was older did not mean what is now
SKEW_MS = 2000  # how far ahead the asker's clock may be; pages go by ours

B = TypeVar("B", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Told:
    """An answer.

    Args:
        body: of it.
        status: of HTTP.
    """

    body: Mapping[str, Any]
    status: int = 200


Press = Callable[[DeviceId, str, bool], str]
"""Presses a key of the virtual headset; returns an objection, or nothing."""


def source_of(session: Session) -> str:
    """Return who asks, as barring and limits count it."""
    if session.screen is Screen.KIOSK:
        return KIOSK
    return f"{DESK}:{session.name}" if session.name else DESK


def is_to_be_heard(sent_ms: int, now_ms: int) -> bool:
    """Say whether a wish is of now: not kept somewhere on the way, not from another time."""
    return -SKEW_MS <= now_ms - sent_ms <= FRESH_MS


@dataclass
class Doing:
    """Does what a session may.

    Args:
        switchboard: the core's world.
        control: what the control socket does.
        lamps: the keys.
        records: answers about call list, contacts, keys and presence.
        seeing: makes the sections.
        settings: what may be set.
        meetings: of the room.
        press: of the virtual headset.
    """

    switchboard: Switchboard
    control: Control
    lamps: Lamps
    records: Callable[[RecordQuestion], Awaitable[Mapping[str, object]]]
    seeing: Seeing
    settings: PageOptions
    meetings: Meetings
    press: Press = lambda _device, _control, _down: "no headset here is pressed on the page"
    mark: Callable[..., None] = lambda *_sections: None

    async def do(  # noqa: C901, PLR0911, PLR0912  # one case per operation
        self, session: Session, viewer: Viewer, wanted: Wanted
    ) -> Told:
        """Return what a request is answered with.

        Args:
            session: who asks; it may, as far as the operation's right goes.
            viewer: the same, as far as it decides about what is seen.
            wanted: as declared.

        Raises:
            BridgeError: why it cannot be done.
            ValueError: what is asked for means nothing.
        """
        source, number = source_of(session), wanted.parameters
        match wanted.operation.name:
            case "state":
                return Told({n: make(viewer) for n, make in self.seeing.sections.items()})
            case "intent":
                return await self._intent(viewer, source, _body(ask.IntentRequest, wanted))
            case "press_key":
                return await self._press_key(viewer, source, wanted)
            case "history":
                return await self._history(viewer, wanted)
            case "delete_history":
                return await self._delete_history(viewer, wanted)
            case "contacts":
                return await self._contacts(viewer, wanted)
            case "save_contact":
                return await self._save_contact(_body(ask.ContactBody, wanted))
            case "delete_contact":
                return await self._ask(DeleteContact(int(number["contact"])))
            case "volume":
                said = _body(ask.VolumeBody, wanted)
                return Told({"volume": self.control.set_volume(said.part, said.volume)})
            case "presence":
                shown = _body(ask.PresenceBody, wanted)
                return await self._ask(ShowMe(shown.presence, shown.text, shown.until_ms))
            case "dnd":
                verb = Verb.DND_ON if _body(ask.SwitchBody, wanted).on else Verb.DND_OFF
                return await self._give(Intent(verb), source)
            case "favourites":
                return await self._ask(ListFavourites())
            case "put_favourite" | "remove_favourite" | "move_favourite" | "reset_favourite":
                return await self._edit(wanted)
            case "device_mode":
                return await self._mode(wanted)
            case "device_press":
                return self._press(wanted)
            case "join_meeting":
                said_join = _body(ask.JoinBody, wanted)
                order = JoinMeeting(str(number["meeting"]), said_join.participant)
                return Told(reply_body(await self.meetings.obey(order, source)))
            case "settings":
                return Told(self.settings.body())
            case "change_settings":
                said_setting = _body(ask.SettingBody, wanted)
                body = await self.settings.set(said_setting.name, said_setting.value, source)
                self.mark(STATUS)
                return Told(body)
            case _:
                raise AssertionError(f"{wanted.operation.name} was declared and is not done")

    async def _ask(self, question: RecordQuestion) -> Told:
        check(question)
        return Told(await self.records(question))

    # -- calls ----------------------------------------------------------------

    async def _intent(self, viewer: Viewer, source: str, wish: ask.IntentRequest) -> Told:
        members = wish.model_dump(exclude_none=True, exclude={"sent_ms"}, by_alias=True)
        intent = intent_from(members)
        if members:
            raise ValueError(f"{min(members)}: not expected with {wish.verb}")
        if right_for(intent.verb) not in viewer.may:
            return _forbidden()
        if viewer.screen is Screen.KIOSK and (intent.identity or intent.dialog or intent.origin):
            return _forbidden()
        if not is_to_be_heard(wish.sent_ms, self.seeing.now_ms()):
            return Told(reply_body(_STALE))
        if viewer.screen is Screen.KIOSK:  # whom one calls is not for who comes next: no redial
            intent = replace(intent, private=True)
        return await self._give(intent, source)

    async def _give(self, intent: Intent, source: str) -> Told:
        return Told(reply_body(await self.control.give_intent(intent, source)))

    async def _press_key(self, viewer: Viewer, source: str, wanted: Wanted) -> Told:
        said = _body(ask.PressRequest, wanted)
        position = int(wanted.parameters["position"])
        favourite = self.lamps.board.favourite(position)
        if favourite is not None and right_for_key(favourite.type) not in viewer.may:
            return _forbidden()
        if not is_to_be_heard(said.sent_ms, self.seeing.now_ms()):
            return Told(reply_body(_STALE))
        reply = await self.lamps.press(PressKey(position, said.long, said.expect), source)
        return Told(reply_body(reply))

    # -- records --------------------------------------------------------------

    async def _history(self, viewer: Viewer, wanted: Wanted) -> Told:
        asked = wanted.query
        if not isinstance(asked, ask.HistoryQuery):
            raise TypeError("a query was declared")
        kinds = tuple(CallKind(kind) for kind in asked.kinds.split(",") if kind)
        question = FindHistory(asked.words, kinds, before=asked.before, limit=asked.limit)
        if asked.words and Right.OWN_CONTACTS not in viewer.may:
            # Words are compared with names of the user's contacts: who finds them learns them.
            raise ValueError("words: the call list of a room is not searched")
        found = await self._ask(question)
        return Told(history_for(viewer, found.body))

    async def _delete_history(self, viewer: Viewer, wanted: Wanted) -> Told:
        if viewer.screen is Screen.KIOSK:
            return _forbidden()
        said = _body(ask.HistoryDelete, wanted)
        return await self._ask(DeleteHistory(tuple(said.entries), said.everything))

    async def _contacts(self, viewer: Viewer, wanted: Wanted) -> Told:
        asked = wanted.query
        if not isinstance(asked, ask.ContactsQuery):
            raise TypeError("a query was declared")
        public = Right.OWN_CONTACTS not in viewer.may
        words, skip, limit = asked.words, asked.skip, asked.limit
        return await self._ask(FindContacts(words, public=public, skip=skip, limit=limit))

    async def _save_contact(self, said: ask.ContactBody) -> Told:
        numbers = tuple(ContactNumber(one.number, one.kind) for one in said.numbers)
        contact = Contact(said.name, numbers, said.company, contact=said.contact)
        return await self._ask(SaveContacts((contact,)))

    async def _edit(self, wanted: Wanted) -> Told:
        position = int(wanted.parameters.get("position", 0))
        match wanted.operation.name, wanted.body:
            case "put_favourite", ask.FavouriteBody() as said:
                members = said.model_dump(exclude={"replace"})
                return await self._ask(PutFavourite(Favourite(**members), said.replace))
            case "move_favourite", ask.MoveBody(to=to):
                return await self._ask(MoveFavourite(position, to))
            case "remove_favourite", _:
                return await self._ask(RemoveFavourite(position))
            case _:
                return await self._ask(ResetFavourites(position))

    # -- devices --------------------------------------------------------------

    async def _mode(self, wanted: Wanted) -> Told:
        device, said = DeviceId(str(wanted.parameters["device"])), _body(ask.ModeBody, wanted)
        objection = await self.control.set_mode(device, said.mode)
        self.mark(DEVICES)
        return _missing(objection) if objection else Told({})

    def _press(self, wanted: Wanted) -> Told:
        device, said = DeviceId(str(wanted.parameters["device"])), _body(ask.ControlBody, wanted)
        objection = self.press(device, said.control, said.down)
        return _missing(objection) if objection else Told({})


_STALE = Reply(Outcome.STALE, "it was asked more than 5 s ago: do it again if it is still meant")


def _body(kind: type[B], wanted: Wanted) -> B:
    if not isinstance(wanted.body, kind):
        raise TypeError(f"{wanted.operation.name}: another body was declared")
    return wanted.body


def _forbidden() -> Told:
    body: Body = {"error": "this session may not do that", "code": "right"}
    return Told(body, 403)


def _missing(objection: str) -> Told:
    body: Body = {"error": objection, "code": "path"}
    return Told(body, 404)
