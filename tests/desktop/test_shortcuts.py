"""Keyboard shortcuts: by the desktop's portal, and from the bytes of a keyboard."""

import asyncio
import os
from pathlib import Path

import pytest

from bridge.desktop.keyboard import EVENT, KEY_CODES, Chords, Keyboard
from bridge.model.desktop import NAMED_KEYS, Binding, DesktopSettings, shortcut_of
from bridge.model.intents import Intent, Verb
from tests.desktop.conftest import MakeDesk
from tests.desktop.services import Portal, until
from tests.drivers.message_bus import MessageBus

CTRL, ALT, SHIFT, A, H = 29, 56, 42, 30, 35


def binding(keys: str, verb: Verb, target: str = "") -> Binding:
    shortcut = shortcut_of(keys)
    assert shortcut is not None
    return Binding(shortcut, Intent(verb, target=target), f"{verb.value} {target}".strip())


ANSWER = binding("Ctrl+Alt+A", Verb.ANSWER)
REJECT = binding("Ctrl+Alt+H", Verb.REJECT)
WITH_KEYS = DesktopSettings(enabled=True, notices=frozenset(), bindings=(ANSWER, REJECT))


@pytest.mark.needs("dbus")
async def test_the_desktop_binds_the_shortcuts_and_a_press_answers(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with Portal(bus.address) as portal, desk_on(WITH_KEYS) as desk:
        await until(lambda: portal.bound, "they are bound")
        assert portal.bound["answer"] == {
            "description": ("s", "Offhook: answer"),
            "preferred_trigger": ("s", "CTRL+ALT+a"),
        }
        await desk.is_called()
        await portal.press("answer", "/somebody/elses/session")
        await portal.press("unknown")
        assert desk.phases == ["ringing"]
        await portal.press("answer")
        await until(lambda: desk.phases == ["connected"], "the call is up")
        assert desk.problems == ()


@pytest.mark.needs("dbus")
@pytest.mark.parametrize(
    ("answer", "takes", "words"),
    [(1, 99, "you declined"), (2, 99, "could not bind"), (0, 1, "no shortcut to reject")],
)
async def test_what_the_desktop_does_not_bind_is_told_with_the_way_out(
    bus: MessageBus, desk_on: MakeDesk, answer: int, takes: int, words: str
) -> None:
    async with Portal(bus.address, answer, takes), desk_on(WITH_KEYS) as desk:
        await until(lambda: desk.problems, "it is told")
        assert words in desk.problems[0]
        assert "keys.keyboards" in desk.problems[0]


@pytest.mark.needs("dbus")
async def test_a_desktop_without_the_portal_is_told_and_found_when_it_comes(
    bus: MessageBus, desk_on: MakeDesk
) -> None:
    async with desk_on(WITH_KEYS) as desk:
        await until(lambda: any("no global shortcuts" in p for p in desk.problems), "it is told")
        async with Portal(bus.address) as portal:
            await until(lambda: portal.bound, "they are bound")
            await until(lambda: not desk.problems, "all is well")
        await until(lambda: desk.problems, "it has gone again")


# -- bytes of a keyboard ------------------------------------------------------


def events(*keys: tuple[int, int], kind: int = 1) -> bytes:
    return b"".join(EVENT.pack(0, 0, kind, code, value) for code, value in keys)


def pressed(*data: bytes) -> list[str]:
    chords = Chords((ANSWER, REJECT))
    return [one.action for part in data for one in chords.feed(part)]


def test_keys_pressed_together_are_a_shortcut_once_however_long_they_are_held() -> None:
    down = events((CTRL, 1), (ALT, 1), (A, 1), (A, 2), (A, 2), (A, 0))
    assert pressed(down) == ["answer"]


@pytest.mark.parametrize(
    "typed",
    [
        events((A, 1), (A, 0)),
        events((CTRL, 1), (A, 1)),
        events((CTRL, 1), (ALT, 1), (SHIFT, 1), (A, 1)),
        events((CTRL, 1), (CTRL, 0), (ALT, 1), (A, 1)),
        events((CTRL, 1), (ALT, 1)) + events((3, 0), kind=0) + events((A, 1)),  # SYN_DROPPED
    ],
    ids=["alone", "one modifier", "one too many", "let go", "events were lost"],
)
def test_anything_else_is_not(typed: bytes) -> None:
    assert pressed(typed) == []


def test_events_may_come_in_pieces() -> None:
    data = events((97, 1), (100, 1), (H, 1))  # the right-hand modifiers
    assert pressed(*(data[at : at + 7] for at in range(0, len(data), 7))) == ["reject"]


def test_every_key_that_may_be_configured_has_a_code() -> None:
    assert set(NAMED_KEYS.values()) <= set(KEY_CODES)
    assert len(set(KEY_CODES.values())) == len(KEY_CODES)


async def test_a_keyboard_is_read_whenever_it_is_there(tmp_path: Path) -> None:
    node, heard, told = tmp_path / "event3", list[str](), list[str]()
    keyboard = Keyboard(
        str(node), (ANSWER,), lambda b: heard.append(b.action), told.append, retry_s=(0.01,)
    )
    async with keyboard:
        await until(lambda: told, "it is away")
        assert "not plugged in" in told[-1]
        os.mkfifo(node)  # plugged in; a pipe gives bytes as a device node does
        await until(lambda: told[-1] == "", "it is read")
        hand = os.open(node, os.O_WRONLY)
        os.write(hand, events((CTRL, 1), (ALT, 1), (A, 1)))
        await until(lambda: heard == ["answer"], "the shortcut")
        node.unlink()
        os.close(hand)  # pulled
        await until(lambda: "not plugged in" in told[-1], "it is told")


async def test_a_keyboard_that_may_not_be_read_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, flags: int) -> int:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", refuse)
    told: list[str] = []
    async with Keyboard(str(tmp_path / "event3"), (ANSWER,), print, told.append):
        async with asyncio.timeout(5):
            await until(lambda: told, "it is told")
    assert "udev rule" in told[0]
