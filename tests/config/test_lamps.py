"""The sections ``lamps`` and ``favourites``."""

import pytest

from bridge.model.blf import Favourite, KeyType
from bridge.model.lamps import InCall, KeyCodes, LampSettings, LookName, PickUpBy
from tests.config.loading import Load, problems

ACCOUNT = "account: {server: pbx.example.org, user: '201', voicemail: '791', password: x}\n"


def test_without_a_word_the_first_account_says_who_we_are(load: Load) -> None:
    config = load(ACCOUNT)
    assert config.lamps == LampSettings(extension=config.lamps.extension, voicemail="791")
    assert config.lamps.extension == "201"
    assert config.favourites == ()


def test_lamps_and_codes_as_named(load: Load) -> None:
    text = (
        "lamps:\n  extension: '250'\n  look: high-contrast\n  in_call: blind\n"
        "  tell_when_free: 1\n  pick_up: replaces\n"
        "  codes: {pick_up: '', queue_login: '*45', forwarding: '*10'}\n"
    )
    lamps = load(ACCOUNT + text).lamps
    assert (lamps.extension, lamps.look) == ("250", LookName.HIGH_CONTRAST)
    assert (lamps.in_call, lamps.tell_s) == (InCall.BLIND, 3600.0)
    assert lamps.pick_up is PickUpBy.REPLACES
    assert lamps.codes == KeyCodes(pick_up="", queue_login="*45", forwarding="*10")


def test_a_favourite_of_each_kind(load: Load) -> None:
    text = (
        "favourites:\n"
        "  - {position: 1, name: Anna, target: 202}\n"
        "  - {position: 2, name: Home, type: speed-dial, target: +49 30 1234567}\n"
        "  - {position: 7, name: Rest, type: dnd}\n"
        "  - {position: 8, name: Door, type: feature-code, target: '*80', subject: '300',"
        " long_press: '*81'}\n"
    )
    assert load(ACCOUNT + text).favourites == (
        Favourite(1, "Anna", KeyType.BLF, "202"),
        Favourite(2, "Home", KeyType.SPEED_DIAL, "+49 30 1234567"),
        Favourite(7, "Rest", KeyType.DND),
        Favourite(8, "Door", KeyType.FEATURE_CODE, "*80", "*81", "300"),
    )


def test_everything_that_is_wrong_with_favourites_is_told_at_once_with_its_line(load: Load) -> None:
    text = (
        "favourites:\n"
        "  - {position: 1, name: Anna, target: '202'}\n"
        "  - {position: 1, name: Ben, target: '203'}\n"
        "  - {position: 2, name: Cara, type: lamp, target: '204'}\n"
        "  - {position: 3, name: Dan, type: line, target: home}\n"
        "  - {position: 4, name: Eve, type: forwarding, target: '12'}\n"
        "  - {position: 5, name: Fay}\n"
    )
    found = problems(load, ACCOUNT + text)
    assert [one.partition(" expected")[0] for one in found] == [
        "4: favourites[1].position: found 1 once more,",
        '5: favourites[2].type: found "lamp",',
        '6: favourites[3].target: found "home",',
        '7: favourites[4].target: found "12",',
        "8: favourites[5].target: found nothing,",
    ]
    assert "favourites[0] has this position" in found[0]
    assert "expected an account: line-1" in found[2]


@pytest.mark.parametrize(
    "text",
    ["favourites: {position: 1}\n", "favourites: Anna\n"],
)
def test_favourites_are_a_list(load: Load, text: str) -> None:
    (problem,) = problems(load, text)
    assert "favourites: found no list" in problem
