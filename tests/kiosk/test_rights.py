"""Who may do what on the page."""

import pytest

from bridge.kiosk.rights import WORDS, Right, right_for, right_for_key, rights_of
from bridge.model.blf import KeyType
from bridge.model.intents import Verb
from bridge.model.page import KioskSettings, Role, Screen

OPEN = KioskSettings(history=True, directory=True)
SHUT = KioskSettings(history=False, directory=False)
NEVER_IN_A_ROOM = {Right.OWN_CONTACTS, Right.PERSONAL, Right.PRESENCE}


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
@pytest.mark.parametrize("raised", [False, True], ids=["touched", "PIN typed"])
@pytest.mark.parametrize("kiosk", [OPEN, SHUT], ids=["open", "shut"])
def test_nothing_personal_is_on_a_screen_in_a_room(
    role: Role, raised: bool, kiosk: KioskSettings
) -> None:
    found = rights_of(role, Screen.KIOSK, kiosk, raised=raised)
    assert not found & NEVER_IN_A_ROOM
    assert (Right.HISTORY in found, Right.CONTACTS in found) == (kiosk.history, kiosk.directory)
    assert (Right.SETTINGS in found) == raised
    assert Right.CALL in found


def test_a_viewer_changes_nothing() -> None:
    viewer = rights_of(Role.VIEWER, Screen.REMOTE, OPEN, raised=True)
    assert viewer == {Right.SEE, Right.MEETINGS, Right.DEVICES}


def test_a_user_has_all_but_the_settings_and_an_administrator_has_all() -> None:
    user = rights_of(Role.USER, Screen.REMOTE, OPEN)
    assert frozenset(Right) - user == {Right.SETTINGS, Right.FAVOURITES}
    assert rights_of(Role.USER, Screen.REMOTE, OPEN, raised=True) == frozenset(Right)
    assert rights_of(Role.ADMINISTRATOR, Screen.DESK, OPEN) == frozenset(Right)


def test_every_right_has_a_word() -> None:
    assert set(WORDS) == set(Right)


@pytest.mark.parametrize("verb", [Verb.REDIAL, Verb.PULL, Verb.MOVE, Verb.LOCK, Verb.RECORD])
def test_what_tells_or_changes_something_personal_takes_more_than_calling(verb: Verb) -> None:
    assert right_for(verb) is Right.PERSONAL


def test_a_finger_on_a_key_takes_what_the_key_does() -> None:
    assert right_for_key(KeyType.SPEED_DIAL) is Right.CALL
    assert right_for_key(KeyType.VOICEMAIL) is Right.PERSONAL
    assert right_for_key(KeyType.DND) is Right.DND
