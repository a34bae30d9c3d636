"""The sections ``desktop`` and ``keys``: one table of bindings, and every conflict told."""

import pytest

from bridge.config.keys import key_intent
from bridge.model.desktop import Callers, Confirm, Modifier, NoticeKind, shortcut_of
from bridge.model.hid import Control
from bridge.model.intents import Intent, Verb
from tests.config.loading import Load, problems

# TELEPHONY 2.1: what the reference client has, offered in bridge/desktop/README.md.
OFFERED = """\
keys:
  bind:
    Ctrl+Alt+A: answer
    Ctrl+Alt+H: reject
    Ctrl+Alt+F: divert 203
    Ctrl+Alt+V: divert
    Alt+H: hangup
    Alt+P: toggle_hold
    Alt+T: transfer
    Alt+M: conference
    Alt+Up: swap
    Alt+Down: back
"""


def test_the_offered_shortcuts_are_taken(load: Load) -> None:
    settings = load(OFFERED).desktop
    assert [(b.shortcut.trigger, b.intent.verb.value) for b in settings.bindings] == [
        ("CTRL+ALT+a", "answer"),
        ("CTRL+ALT+h", "reject"),
        ("CTRL+ALT+f", "divert"),
        ("CTRL+ALT+v", "divert"),
        ("ALT+h", "hangup"),
        ("ALT+p", "toggle_hold"),
        ("ALT+t", "transfer"),
        ("ALT+m", "conference"),
        ("ALT+Up", "swap"),
        ("ALT+Down", "back"),
    ]


def test_free_keys_of_headsets_may_stand_in_the_same_table(load: Load) -> None:
    config = load("headset:\n  keys: {teams: redial}\nkeys:\n  bind: {speed_dial: dial 202}\n")
    assert dict(config.habits.keys) == {
        Control.TEAMS: Intent(Verb.REDIAL),
        Control.SPEED_DIAL: Intent(Verb.DIAL, target="202"),
    }


def test_what_is_bound_twice_is_told_with_both_places(load: Load) -> None:
    text = (
        "headset:\n  keys:\n    teams: redial\nkeys:\n  bind:\n    Ctrl+Alt+A: answer\n"
        "    alt+control+a: reject\n    teams: toggle_mute\n"
    )
    said = problems(load, text)
    assert len(said) == 2
    assert said[0].startswith(
        "7: keys.bind.alt+control+a: found alt+control+a, the same as Ctrl+Al"
    )
    assert said[0].endswith("config.yaml:6)")
    assert said[1].startswith("8: keys.bind.teams: found teams once more, expected one action")
    assert said[1].endswith("config.yaml:3)")


@pytest.mark.parametrize("key", ["A", "Shift+A", "Ctrl+Alt", "Ctrl+Ä", "Hyper+A", "Ctrl++", ""])
def test_what_is_no_shortcut_is_refused(load: Load, key: str) -> None:
    assert shortcut_of(key) is None
    (said,) = problems(load, f"keys:\n  bind:\n    '{key}': answer\n")
    assert said.startswith("3: keys.bind.")
    assert "expected a shortcut such as Ctrl+Alt+A" in said


def test_an_action_that_means_nothing_is_refused(load: Load) -> None:
    (said,) = problems(load, "keys:\n  bind:\n    Ctrl+A: explode\n")
    assert said.startswith('3: keys.bind.Ctrl+A: found "explode", expected dial NUMBER')


def test_only_input_devices_are_read(load: Load) -> None:
    (said,) = problems(load, "keys:\n  keyboards: [/etc/shadow]\n")
    assert said.endswith("expected a path below /dev/input/")


def test_keys_nobody_types_need_no_modifier() -> None:
    pause, help_key = shortcut_of("Pause"), shortcut_of("super+f13")
    assert pause is not None
    assert help_key is not None
    assert (pause.trigger, help_key.held) == ("Pause", frozenset({Modifier.LOGO}))


NEEDS_WORDS = {Verb.DIAL, Verb.DTMF, Verb.CALL_BACK}


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb not in NEEDS_WORDS])
def test_every_intent_can_be_bound(verb: Verb) -> None:
    assert key_intent(verb.value) == Intent(verb)


def test_the_desktop_is_on_by_default_and_leaves_players_alone(load: Load) -> None:
    settings = load("").desktop
    assert (settings.enabled, settings.pause_players) == (True, False)
    assert settings.confirm is Confirm.ALWAYS


def test_everything_about_it_can_be_set_or_switched_off(load: Load) -> None:
    text = "desktop: {notices: [missed], callers: masked, held_after: 60, pause_players: true}\n"
    settings = load(text).desktop
    assert settings.notices == frozenset({NoticeKind.MISSED})
    assert (settings.callers, settings.held_after_s) == (Callers.MASKED, 60.0)
    assert settings.pause_players
    assert not load("desktop: off\n").desktop.enabled
