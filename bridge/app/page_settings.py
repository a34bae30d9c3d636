"""What an administrator sets on the page while the daemon runs."""

from collections.abc import Callable
from typing import Any

from bridge.app.control import Control
from bridge.app.loudness import Loudness
from bridge.app.switchboard import Switchboard
from bridge.kiosk.body import Body
from bridge.model.intents import Intent, Verb
from bridge.model.page import PageSettings
from bridge.model.sound import SoundPart
from bridge.protocols.control_answers import Reply, reply_body

LANGUAGES = ("", "de", "en")
THEMES = ("auto", "light", "dark", "contrast")

_PARTS = {part.value: part for part in SoundPart}
_LOUDEST = 150  # per cent


class PageOptions:
    """Settings with a control on the page; all others are in the file.

    Args:
        page: as configured.
        switchboard: the core's world.
        control: gives intents.
        loudness: volumes.
        files: the configuration was read from.
    """

    def __init__(
        self,
        page: PageSettings,
        switchboard: Switchboard,
        control: Control,
        loudness: Loudness,
        files: tuple[str, ...],
    ) -> None:
        self._page = page
        self._switchboard = switchboard
        self._control = control
        self._loudness = loudness
        self._files = files
        self.language = self.theme = ""  # empty: as configured
        self.on_changed: Callable[[], None] = lambda: None
        """Told that language or theme is another one."""

    def restore(self, language: str, theme: str) -> None:
        """Take up what was chosen before a restart."""
        self.language = language if language in LANGUAGES else ""
        self.theme = theme if theme in THEMES else ""

    def body(self) -> Body:
        """Return all of them."""
        state, volumes = self._switchboard.state, self._loudness.volumes
        settings: list[Body] = [
            {"name": part, "kind": "percent", "value": volumes[part], "most": _LOUDEST}
            for part in _PARTS
        ]
        settings += [
            _choice("language", self.language or self._page.language, LANGUAGES),
            _choice("theme", self.theme or self._page.theme, THEMES),
            {"name": "do_not_disturb", "kind": "switch", "value": state.do_not_disturb},
            {"name": "call_waiting", "kind": "switch", "value": state.call_waiting},
        ]
        if state.habits.profiles:
            active = str(state.forwarding.active)
            numbers = tuple(str(profile.number) for profile in state.habits.profiles)
            settings.append(_choice("forwarding", active, numbers))
        settings += [
            {"name": name, "kind": "file", "value": value, "where": ", ".join(self._files)}
            for name, value in self._fixed()
        ]
        return {"settings": settings}

    def _fixed(self) -> list[tuple[str, Any]]:
        page = self._page
        return [
            ("page.bind", f"{page.bind}:{page.port}"),
            ("page.room", page.room),
            ("page.kiosk.barring", page.kiosk.barring.value),
            ("page.kiosk.history", page.kiosk.history),
            ("page.kiosk.clear_after_s", page.kiosk.clear_after_s),
        ]

    async def set(self, name: str, value: object, source: str) -> Body:
        """Set one.

        Args:
            name: as ``body`` has it.
            value: of its kind.
            source: who asks.

        Raises:
            ValueError: there is none of that name, or it cannot be that.
        """
        match name, value:
            case str(), bool(on) if name in {"do_not_disturb", "call_waiting"}:
                return await self._switch(name, on, source)
            case str(), int(percent) if name in _PARTS and not isinstance(value, bool):
                self._loudness.turn(_PARTS[name], str(percent))
            case "language", str(text) if text in LANGUAGES:
                self.language = text
                self.on_changed()
            case "theme", str(text) if text in THEMES:
                self.theme = text
                self.on_changed()
            case "forwarding", str(text) if len(text) == 1 and text in "0123456789":
                return await self._intent(Intent(Verb.DIAL, target=f"*10{text}"), source)
            case _:
                raise ValueError(
                    f"{name}: expected a setting of GET settings, and its kind of value"
                )
        return {"outcome": "done", "detail": "", "call": None}

    async def _switch(self, name: str, on: bool, source: str) -> Body:
        verbs = {
            ("do_not_disturb", True): Verb.DND_ON,
            ("do_not_disturb", False): Verb.DND_OFF,
            ("call_waiting", True): Verb.WAITING_ON,
            ("call_waiting", False): Verb.WAITING_OFF,
        }
        return await self._intent(Intent(verbs[name, on]), source)

    async def _intent(self, intent: Intent, source: str) -> Body:
        reply: Reply = await self._control.give_intent(intent, source)
        return reply_body(reply)


def _choice(name: str, value: str, choices: tuple[str, ...]) -> Body:
    return {"name": name, "kind": "choice", "value": value, "choices": list(choices)}
