"""What the page may ask: the declarations that check requests and make the OpenAPI document.

Strict, and nothing unknown: what we do not know might have changed the meaning. What depends on
more than one member is checked where the control socket checks it, too.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bridge.model.blf import KeyType, PresenceState
from bridge.model.contacts import MOST_CHARACTERS, MOST_CONTACTS, MOST_NUMBERS, NumberKind
from bridge.model.favourites import LONGEST_NAME, LONGEST_TARGET, MOST_POSITION
from bridge.model.habits import HeadsetMode
from bridge.model.history import MOST_ENTRIES, CallKind
from bridge.model.intents import Outcome, Verb
from bridge.model.sound import SoundPart
from bridge.protocols.control_records import LONGEST_WORDS
from bridge.protocols.control_wire import NEVER_OVER_THE_WIRE, TARGET_CHARACTERS

CALL_FORM = r"^[0-9a-z]{1,20}$"
DEVICE_FORM = r"^[a-z0-9-]{1,48}$"
MEETING_FORM = r"^[^/]{1,128}$"
LATEST_MS = 2**53 - 1  # whole numbers that a browser can count to

Position = Annotated[int, Field(ge=1, le=MOST_POSITION)]
EntryNumber = Annotated[int, Field(ge=1, le=LATEST_MS)]
UnixMs = Annotated[int, Field(ge=0, le=LATEST_MS)]
DevicePath = Annotated[str, StringConstraints(pattern=DEVICE_FORM)]
MeetingPath = Annotated[str, StringConstraints(pattern=MEETING_FORM)]
Text = Annotated[str, StringConstraints(max_length=TARGET_CHARACTERS)]
Secret = Annotated[str, StringConstraints(min_length=1, max_length=256)]

VERBS = tuple(verb.value for verb in Verb if verb not in NEVER_OVER_THE_WIRE)


class Request(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Body(Request):
    """The body of a request; a word is not a number."""

    model_config = ConfigDict(strict=True)


class ByLaunch(Body):
    """Begin a session with the token of `offhook page`."""

    launch: Secret


class ByToken(Body):
    """Begin a session with a configured token."""

    token: Secret


class Pin(Body):
    """The PIN that opens the settings for five minutes."""

    pin: Annotated[str, StringConstraints(min_length=1, max_length=64)]


class IntentRequest(Body):
    """One wish; `sent_ms` by the clock of `now_ms` in the state: older than 5 s is not done."""

    verb: Annotated[str, Field(json_schema_extra={"enum": list(VERBS)})]
    sent_ms: UnixMs
    call: Annotated[str, StringConstraints(pattern=CALL_FORM)] | None = None
    target: Text | None = None
    account: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,32}$")] | None = None
    identity: Text | None = None
    dialog: Text | None = None
    from_: Annotated[str, StringConstraints(max_length=64)] | None = Field(None, alias="from")
    status: Literal[486, 603] | None = None


class PressRequest(Body):
    """Press a key; nothing happens unless it shows what `expect` says."""

    long: bool = False
    expect: Annotated[str, StringConstraints(max_length=32)] = ""
    sent_ms: UnixMs


class HistoryQuery(Request):
    """Which calls; `kinds` separated by commas."""

    words: Annotated[str, StringConstraints(max_length=LONGEST_WORDS)] = ""
    kinds: Annotated[
        str, StringConstraints(pattern=rf"^(({'|'.join(k.value for k in CallKind)})(,|$)){{0,6}}$")
    ] = ""
    before: UnixMs = 0
    limit: Annotated[int, Field(ge=1, le=MOST_ENTRIES)] = 50


class HistoryDelete(Body):
    """Forget these calls, or all."""

    entries: Annotated[list[EntryNumber], Field(max_length=MOST_ENTRIES)] = []
    everything: bool = False


class ContactsQuery(Request):
    """Which people."""

    words: Annotated[str, StringConstraints(max_length=LONGEST_WORDS)] = ""
    skip: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    limit: Annotated[int, Field(ge=1, le=MOST_CONTACTS)] = 50


class NumberBody(Body):
    """One number of somebody."""

    model_config = ConfigDict(strict=False)

    number: Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)]
    kind: NumberKind = NumberKind.OTHER


class ContactBody(Body):
    """A contact of your own; 0 = a new one."""

    contact: Annotated[int, Field(ge=0, le=LATEST_MS)] = 0
    name: Annotated[str, StringConstraints(min_length=1, max_length=MOST_CHARACTERS)]
    company: Annotated[str, StringConstraints(max_length=MOST_CHARACTERS)] = ""
    numbers: Annotated[list[NumberBody], Field(min_length=1, max_length=MOST_NUMBERS)]


class VolumeBody(Body):
    """How loud: per cent (`70`), or `-6 dB`."""

    model_config = ConfigDict(strict=False)

    part: SoundPart
    volume: Annotated[str, StringConstraints(min_length=1, max_length=16)]


class PresenceBody(Body):
    """What others see; `none` = by itself again."""

    model_config = ConfigDict(strict=False)

    presence: PresenceState
    text: Annotated[str, StringConstraints(max_length=140)] = ""
    until_ms: UnixMs = 0


class SwitchBody(Body):
    """On or off."""

    on: bool


class FavouriteBody(Body):
    """A key; position 0 = the first free one."""

    model_config = ConfigDict(strict=False)

    position: Annotated[int, Field(ge=0, le=MOST_POSITION)] = 0
    name: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    type: KeyType
    target: Annotated[str, StringConstraints(max_length=LONGEST_TARGET)] = ""
    long_press: Annotated[str, StringConstraints(max_length=LONGEST_TARGET)] = ""
    subject: Annotated[str, StringConstraints(max_length=32)] = ""
    replace: bool = False


class MoveBody(Body):
    """Where a key goes."""

    to: Position


class ModeBody(Body):
    """What becomes of a headset's keys and lamps."""

    model_config = ConfigDict(strict=False)

    mode: HeadsetMode


class ControlBody(Body):
    """A key of the virtual headset goes down or up."""

    control: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    down: bool


class SettingBody(Body):
    """One setting, as `GET settings` names it."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    value: bool | Annotated[int, Field(ge=0, le=LATEST_MS)] | Text


class JoinBody(Body):
    """Digits that couple the room's sound to somebody who is in the meeting already."""

    participant: Annotated[str, StringConstraints(pattern=r"^[0-9*#]{0,32}$")] = ""


class NoBody(Body):
    """Nothing."""


# -- answers ------------------------------------------------------------------


class Problem(Request):
    """Why not: one sentence, and a word for programs."""

    model_config = ConfigDict(extra="allow")

    error: str
    code: str


class SessionBody(Request):
    """Who looks at the page."""

    role: Literal["viewer", "user", "administrator"]
    kind: Literal["desk", "kiosk", "remote"]
    name: str
    csrf: str
    may: list[str]
    language: str
    theme: str
    room: str
    pin: bool
    raised_until_ms: int
    clear_after_s: int


class OutcomeBody(Request):
    """What became of a wish."""

    model_config = ConfigDict(extra="allow")

    outcome: Literal[tuple(one.value for one in Outcome)]  # type: ignore[valid-type]  # of the enum
    detail: str
    call: str | None


class AnyBody(Request):
    """An object; see the page of the control socket for its members."""

    model_config = ConfigDict(extra="allow")
