"""From the merged tree to validated sections; what is wrong in one does not hide the others."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import ValidationError

from bridge.config import (
    audio_schema,
    desktop_schema,
    forwarding_schema,
    home_schema,
    lamp_schema,
    meetings_schema,
    number_schema,
    page_schema,
    panel_schema,
    pbx_schema,
    phone_schema,
    presence_schema,
    schema,
)
from bridge.config.account_schema import Account
from bridge.config.problems import at, from_validation, known_keys, unknown_key
from bridge.config.section import Section
from bridge.config.sources import Tree
from bridge.model.engine_limits import BuildLimits
from bridge.model.errors import Problem
from bridge.yamldoc import Path as DocPath
from bridge.yamldoc import Plain

S = TypeVar("S", bound=Section)

# `user: 0301` means the text as written: kinds of complaint a number may be spared.
_TEXT_WANTED = frozenset({"string_type", "literal_error"})

# Keys whose value decides which other keys may or must be there.
_DECIDES_ABOUT_OTHERS = frozenset({"register", "server", "broker", "socket", "tls"})

_LISTS = frozenset({"accounts", "favourites", "phones"})

STAND_IN = "0"  # for a required text that is missing; passes every check of meaning


@dataclass(slots=True)
class Sections:
    """What is right by itself; None where it is not (a problem says why)."""

    audio: audio_schema.Audio | None = None
    barring: number_schema.Barring | None = None
    bridge: schema.Bridge | None = None
    calls: schema.Calls | None = None
    contacts: schema.Contacts | None = None
    control: schema.Control | None = None
    desktop: desktop_schema.Desktop | None = None
    forwarding: forwarding_schema.ForwardingSection | None = None
    gateway: pbx_schema.Gateway | None = None
    headset: schema.Headset | None = None
    history: schema.History | None = None
    home_assistant: home_schema.HomeAssistant | None = None
    http: phone_schema.Http | None = None
    keys: desktop_schema.Keys | None = None
    lamps: lamp_schema.Lamps | None = None
    limits: number_schema.Limits | None = None
    log: schema.Log | None = None
    meetings: meetings_schema.Meetings | None = None
    mqtt: schema.Mqtt | None = None
    numbers: number_schema.Numbers | None = None
    page: page_schema.PageSection | None = None
    panels: panel_schema.Panels | None = None
    pbx: pbx_schema.Pbx | None = None
    presence: presence_schema.PresenceSection | None = None
    privacy: schema.Privacy | None = None
    recording: schema.Recording | None = None
    remote: meetings_schema.Remote | None = None
    sip: schema.Sip | None = None
    accounts: dict[DocPath, Account] = field(default_factory=dict)
    account_count: int = 0
    phones: dict[DocPath, phone_schema.Phone] = field(default_factory=dict)
    favourites: dict[DocPath, lamp_schema.FavouriteEntry] = field(default_factory=dict)
    state_dir: str | None = None


class Reader:
    """Reads sections out of a tree and keeps the problems.

    Args:
        tree: the merged files.
        limits: what the engine can do.
    """

    def __init__(self, tree: Tree, limits: BuildLimits) -> None:
        self._tree = tree
        self._limits = limits
        self.problems: list[Problem] = []

    def read(self) -> Sections:
        """Return the sections; what is wrong is in ``problems``."""
        self._unknown()
        found = Sections(
            audio=self._section(audio_schema.Audio, ("audio",)),
            barring=self._section(number_schema.Barring, ("barring",)),
            bridge=self._section(schema.Bridge, ("bridge",)),
            calls=self._section(schema.Calls, ("calls",)),
            contacts=self._section(schema.Contacts, ("contacts",)),
            control=self._section(schema.Control, ("control",)),
            desktop=self._desktop(),
            gateway=self._section(pbx_schema.Gateway, ("gateway",)),
            headset=self._section(schema.Headset, ("headset",)),
            history=self._section(schema.History, ("history",)),
            http=self._section(phone_schema.Http, ("http",)),
            keys=self._section(desktop_schema.Keys, ("keys",)),
            lamps=self._section(lamp_schema.Lamps, ("lamps",)),
            limits=self._section(number_schema.Limits, ("limits",)),
            log=self._section(schema.Log, ("log",)),
            meetings=self._section(meetings_schema.Meetings, ("meetings",)),
            mqtt=self._mqtt(),
            numbers=self._section(number_schema.Numbers, ("numbers",)),
            home_assistant=self._section(home_schema.HomeAssistant, ("home_assistant",)),
            forwarding=self._section(forwarding_schema.ForwardingSection, ("forwarding",)),
            page=self._section(page_schema.PageSection, ("page",)),
            panels=self._section(panel_schema.Panels, ("panels",)),
            pbx=self._section(pbx_schema.Pbx, ("pbx",)),
            presence=self._section(presence_schema.PresenceSection, ("presence",)),
            privacy=self._section(schema.Privacy, ("privacy",)),
            recording=self._section(schema.Recording, ("recording",)),
            remote=self._section(meetings_schema.Remote, ("remote",)),
            sip=self._section(schema.Sip, ("sip",)),
            state_dir=self._state_dir(),
        )
        for path in self._account_paths():
            found.account_count += 1
            account = self._section(Account, path)
            if account is not None:
                found.accounts[path] = account
        for path in self._listed("favourites", "a list of keys, each after a `-`"):
            favourite = self._section(lamp_schema.FavouriteEntry, path)
            if favourite is not None:
                found.favourites[path] = favourite
        for path in self._listed("phones", "a list of desk phones, each after a `-`"):
            phone = self._section(phone_schema.Phone, path)
            if phone is not None:
                found.phones[path] = phone
        return found

    def _unknown(self) -> None:
        known = known_keys(schema.ConfigFile, ())
        for key in self._tree.value:
            if key not in known:
                self.problems.append(unknown_key(self._tree, (key,), known, self._limits))

    def _section(self, model: type[S], path: DocPath) -> S | None:
        value = at(self._tree, path)
        if value is None and path[0] not in _LISTS:
            value = {}  # absent, or a heading whose settings are all commented out
        return self._validate(model, path, value)

    def _validate(self, model: type[S], path: DocPath, value: Plain) -> S | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            fixed = self._with_numbers_as_text(value, path, error)
        try:
            return model.model_validate(fixed)
        except ValidationError as error:
            self.problems += from_validation(error, model, self._tree, path, self._limits)
            return _repaired(model, fixed, error)

    def _with_numbers_as_text(self, value: Plain, base: DocPath, error: ValidationError) -> Plain:
        """Return the value with unquoted numbers as text where text is wanted."""
        for detail in error.errors(include_url=False, include_input=False):
            written = self._tree.written((*base, *detail["loc"]))
            if detail["type"] in _TEXT_WANTED and written:
                value = _replaced(value, detail["loc"], written)
        return value

    def _mqtt(self) -> schema.Mqtt | None:
        if self._tree.value.get("mqtt") == "off":
            return schema.Mqtt(broker="off")
        return self._section(schema.Mqtt, ("mqtt",))

    def _desktop(self) -> desktop_schema.Desktop | None:
        if self._tree.value.get("desktop") == "off":
            return desktop_schema.Desktop()
        return self._section(desktop_schema.Desktop, ("desktop",))

    def _state_dir(self) -> str | None:
        value = self._tree.value.get("state_dir")
        if value is None or (isinstance(value, str) and 0 < len(value) <= 1024):
            return value
        self.problems.append(
            self._tree.problem(("state_dir",), "no path", "the path of a directory")
        )
        return None

    def _account_paths(self) -> Iterator[DocPath]:
        if self._tree.value.get("account") is not None:
            yield ("account",)
        yield from self._listed("accounts", "a list of accounts, each after a `-`")

    def _listed(self, key: str, expected: str) -> Iterator[DocPath]:
        """Yield the path of each entry of a list."""
        several = self._tree.value.get(key)
        if isinstance(several, list):
            yield from ((key, number) for number in range(len(several)))
        elif several is not None:
            self.problems.append(self._tree.problem((key,), "no list", expected))


def _repaired(model: type[S], value: Plain, error: ValidationError) -> S | None:
    """Return a section without what is wrong, so that the meaning of the rest is checked, too.

    None where that could give false problems: the wrong key decides about other keys.
    """
    for detail in error.errors(include_url=False, include_input=False):
        loc = detail["loc"]
        if not loc or (detail["type"] != "extra_forbidden" and loc[0] in _DECIDES_ABOUT_OTHERS):
            return None
        value = _removed(value, loc)
        if len(loc) == 1 and (known := model.model_fields.get(str(loc[0]))) and known.is_required():
            value = _with(value, str(loc[0]), STAND_IN)
    try:
        return model.model_validate(value)
    except ValidationError:
        return None


def _with(value: Plain, key: str, text: str) -> Plain:
    """Return a copy of a mapping with one more key."""
    return {**value, key: text} if isinstance(value, dict) else value


def _removed(value: Plain, loc: DocPath) -> Plain:
    """Return a copy without the key at ``loc``."""
    match value, loc[0]:
        case dict(), str(key) if len(loc) == 1:
            return {name: part for name, part in value.items() if name != key}
        case dict(), str(key) if key in value:
            return {**value, key: _removed(value[key], loc[1:])}
        case list(), int(number) if len(loc) > 1:
            inner = _removed(value[number], loc[1:])
            return [*value[:number], inner, *value[number + 1 :]]
        case _:
            return value


def _replaced(value: Plain, loc: DocPath, text: str) -> Plain:
    """Return a copy with the number at ``loc`` as text; anything that is no number stays."""
    if not loc:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return text if is_number else value
    match value, loc[0]:
        case dict(), str(key) if key in value:
            return {**value, key: _replaced(value[key], loc[1:], text)}
        case list(), int(number) if number < len(value):
            inner = _replaced(value[number], loc[1:], text)
            return [*value[:number], inner, *value[number + 1 :]]
        case _:
            return value
