"""What a press does, in each state; TABLES.md has all of it."""

from dataclasses import replace

import pytest

from bridge.blf.press import (
    Action,
    AwaitFree,
    Give,
    Hand,
    Order,
    Refuse,
    StopWaiting,
    has_second_function,
    press,
)
from bridge.blf.tables import SHOWN_BY
from bridge.model.blf import Dialog, Extension, KeyState, KeyType, PresenceState
from bridge.model.calls import CallView, ForwardingView, Phase, RegistrationState
from bridge.model.intents import Intent, Verb
from bridge.model.lamps import InCall, KeyCodes, LampSettings, PickUpBy
from bridge.model.pbx import (
    ActivateProfile,
    PickUp,
    ServeQueue,
    SetGlobalDnd,
    SetPresence,
)
from tests.blf.words import ANNA, OWN, SETTINGS, call, desk, key

BLIND = replace(SETTINGS, in_call=InCall.BLIND)
BY_PBX = replace(SETTINGS, codes=KeyCodes(pick_up=""))
TALK = call("0301234567", Phase.CONNECTED, "talk")
WAITS = call("0301234567", Phase.HELD, "waits")
WHY = "the PBX cannot be heard"


def hand(state: KeyState, *calls: CallView, settings: LampSettings = SETTINGS) -> Hand:
    return Hand(state, desk(*calls), settings, why_unknown=WHY)


def dials(number: str) -> Give:
    return Give(Intent(Verb.DIAL, target=number))


ANNAS_KEY: list[tuple[Hand, Action]] = [
    (hand(KeyState.FREE), dials(ANNA)),
    (hand(KeyState.OFFLINE), dials(ANNA)),
    (hand(KeyState.DND), dials(ANNA)),
    (hand(KeyState.FREE_AGAIN), dials(ANNA)),
    (hand(KeyState.RINGING), dials("**202")),
    (hand(KeyState.RINGING, TALK), dials("**202")),
    (hand(KeyState.RINGING, settings=BY_PBX), Order(PickUp(ANNA, OWN))),
    (hand(KeyState.BUSY), AwaitFree()),
    (hand(KeyState.HELD), AwaitFree()),
    (hand(KeyState.DIALING, TALK), AwaitFree()),
    (hand(KeyState.AWAITED), StopWaiting()),
    (hand(KeyState.FREE, TALK), dials(ANNA)),
    (hand(KeyState.FREE, WAITS, settings=BLIND), dials(ANNA)),
    (
        hand(KeyState.FREE, TALK, settings=BLIND),
        Give(Intent(Verb.TRANSFER, TALK.call, ANNA)),
    ),
    (
        hand(KeyState.CALLS_ME, call(ANNA, Phase.RINGING)),
        Give(Intent(Verb.ANSWER, call(ANNA, Phase.RINGING).call)),
    ),
    (
        hand(KeyState.TALKING, call(ANNA, Phase.CONNECTED), WAITS),
        Give(Intent(Verb.TRANSFER, WAITS.call)),
    ),
    (
        hand(KeyState.CALLED, call(ANNA, Phase.EARLY), WAITS),
        Give(Intent(Verb.TRANSFER, WAITS.call)),
    ),
    (
        hand(KeyState.TALKING, call(ANNA, Phase.CONNECTED)),
        Give(Intent(Verb.HOLD, call(ANNA, Phase.CONNECTED).call)),
    ),
    (
        hand(KeyState.ON_HOLD, call(ANNA, Phase.HELD), TALK),
        Give(Intent(Verb.RESUME, call(ANNA, Phase.HELD).call)),
    ),
]


@pytest.mark.parametrize(("by", "action"), ANNAS_KEY)
def test_a_colleagues_key_does_the_right_thing(by: Hand, action: Action) -> None:
    assert press(key(), by) == action


@pytest.mark.parametrize(
    ("favourite", "by", "action"),
    [
        (
            key(1, KeyType.QUEUE, "900"),
            KeyState.LOGGED_OUT,
            ServeQueue(Extension("900"), OWN, True),
        ),
        (
            key(1, KeyType.QUEUE, ""),
            KeyState.CALLERS_WAIT,
            ServeQueue(Extension(""), OWN, False),
        ),
        (key(1, KeyType.QUEUE, ""), KeyState.LOGGED_OUT, ServeQueue(Extension(""), OWN, True)),
        (key(1, KeyType.QUEUE, "900"), KeyState.PAUSED, ServeQueue(Extension("900"), OWN, False)),
        (key(1, KeyType.FORWARDING, "3"), KeyState.OFF, ActivateProfile(OWN, 3)),
        (key(1, KeyType.FORWARDING, "3"), KeyState.ON, ActivateProfile(OWN, 0)),
        (key(1, KeyType.DND, "global"), KeyState.OFF, SetGlobalDnd(OWN, on=True)),
        (key(1, KeyType.DND, "global"), KeyState.ON, SetGlobalDnd(OWN, on=False)),
        (key(1, KeyType.PRESENCE, "away"), KeyState.OFF, SetPresence(OWN, PresenceState.AWAY)),
        (key(1, KeyType.PRESENCE, "away"), KeyState.ON, SetPresence(OWN, PresenceState.NONE)),
    ],
)
def test_the_pbx_is_asked_for_what_only_it_can_do(
    favourite: object, by: KeyState, action: object
) -> None:
    assert press(favourite, hand(by)) == Order(action)  # type: ignore[arg-type]  # by the names


@pytest.mark.parametrize(
    ("codes", "favourite", "state", "number"),
    [
        (KeyCodes(queue_login="*45"), key(1, KeyType.QUEUE, "900"), KeyState.LOGGED_OUT, "*45900"),
        (KeyCodes(queue_logout="*46"), key(1, KeyType.QUEUE, "900"), KeyState.LOGGED_IN, "*46900"),
        (KeyCodes(forwarding="*10"), key(1, KeyType.FORWARDING, "3"), KeyState.OFF, "*103"),
        (KeyCodes(forwarding="*10"), key(1, KeyType.FORWARDING, "3"), KeyState.ON, "*100"),
        (KeyCodes(fetch="*88"), key(1, KeyType.PARK, "701"), KeyState.PARKED, "*88701"),
        (KeyCodes(), key(1, KeyType.PARK, "701"), KeyState.PARKED, "701"),
    ],
)
def test_where_there_is_a_star_code_it_is_dialled(
    codes: KeyCodes, favourite: object, state: KeyState, number: str
) -> None:
    by = hand(state, settings=replace(SETTINGS, codes=codes))
    assert press(favourite, by) == dials(number)  # type: ignore[arg-type]  # by the name


def test_a_ringing_call_is_taken_over_where_its_dialog_is_known() -> None:
    settings = replace(SETTINGS, pick_up=PickUpBy.REPLACES)
    dialog = Dialog("k3v9@192.0.2.10", "caller", "phone", "sip:0301234567@pbx.example.org")
    by = replace(hand(KeyState.RINGING, settings=settings), dialog=dialog)
    text = "k3v9@192.0.2.10;to-tag=caller;from-tag=phone;early-only"
    taken = Intent(Verb.PULL, target=dialog.caller, dialog=text)
    assert press(key(), by) == Give(taken)
    assert press(key(), replace(by, caller="205")) == Give(replace(taken, behind="205"))
    assert press(key(), replace(by, dialog=None)) == dials("**202")
    assert press(key(), replace(by, settings=SETTINGS)) == dials("**202")
    known = replace(by, settings=SETTINGS, caller="205")
    assert press(key(), known) == Give(Intent(Verb.DIAL, target="**202", behind="205"))


def test_a_profile_that_is_switched_here_is_switched_by_the_star_code_we_obey() -> None:
    profile = key(1, KeyType.FORWARDING, "3")
    here = replace(desk(), forwarding=ForwardingView(0))
    assert press(profile, Hand(KeyState.OFF, here, SETTINGS)) == dials("*103")
    assert press(profile, Hand(KeyState.ON, here, SETTINGS)) == dials("*100")


def test_a_call_is_parked_by_sending_it_to_the_free_slot() -> None:
    slot = key(1, KeyType.PARK, "701")
    assert press(slot, hand(KeyState.FREE, TALK)) == Give(Intent(Verb.TRANSFER, TALK.call, "701"))
    assert isinstance(press(slot, hand(KeyState.FREE)), Refuse)


def test_do_not_disturb_is_switched_to_what_the_lamp_does_not_show() -> None:
    here = key(1, KeyType.DND, "")
    assert press(here, hand(KeyState.OFF)) == Give(Intent(Verb.DND_ON))
    assert press(here, hand(KeyState.ON)) == Give(Intent(Verb.DND_OFF))


def test_a_code_is_dialled_and_in_a_call_sent_as_tones() -> None:
    code = key(1, KeyType.FEATURE_CODE, "*4")
    assert press(code, hand(KeyState.PLAIN)) == dials("*4")
    assert press(code, hand(KeyState.PLAIN, TALK)) == Give(Intent(Verb.DTMF, TALK.call, "*4"))


def test_the_mailbox_is_called_where_it_is_known() -> None:
    box = key(1, KeyType.VOICEMAIL, "")
    assert press(box, hand(KeyState.MESSAGES)) == dials("791")
    assert press(box, hand(KeyState.UNKNOWN)) == dials("791"), "calling it needs no lamp"
    nowhere = hand(KeyState.MESSAGES, settings=LampSettings(extension=OWN))
    assert isinstance(press(box, nowhere), Refuse)


@pytest.mark.parametrize(
    ("phase", "verb"),
    [
        (Phase.RINGING, Verb.ANSWER),
        (Phase.CONNECTED, Verb.HOLD),
        (Phase.HELD, Verb.RESUME),
    ],
)
def test_a_line_key_answers_holds_and_resumes(phase: Phase, verb: Verb) -> None:
    own = call("0301234567", phase)
    action = press(key(1, KeyType.LINE, ""), hand(KeyState.ACTIVE, own))
    assert action == Give(Intent(verb, own.call))


def test_a_line_out_of_use_says_why() -> None:
    view = desk(registration=RegistrationState.FAILED)
    action = press(key(1, KeyType.LINE, ""), Hand(KeyState.OUT_OF_USE, view, SETTINGS))
    assert action == Refuse("Anna is out of use: failed")


# -- not known ----------------------------------------------------------------


NEEDS_TO_KNOW = [
    type_
    for type_ in KeyType
    if KeyState.UNKNOWN in SHOWN_BY[type_]
    and type_ not in {KeyType.VOICEMAIL, KeyType.FEATURE_CODE}  # they dial the same either way
]


@pytest.mark.parametrize("type_", NEEDS_TO_KNOW)
def test_a_press_on_an_unknown_key_does_nothing_and_says_why(type_: KeyType) -> None:
    target = {KeyType.LINE: "no-such", KeyType.FORWARDING: "3"}.get(type_, "202")
    action = press(key(1, type_, target), hand(KeyState.UNKNOWN))
    assert isinstance(action, Refuse)
    assert WHY in action.reason


def test_who_wants_to_call_an_unknown_colleague_anyway_holds_the_key() -> None:
    assert press(key(), hand(KeyState.UNKNOWN), long=True) == dials(ANNA)


# -- held ---------------------------------------------------------------------


def test_holding_does_the_other_kind_of_transfer() -> None:
    blind = Give(Intent(Verb.TRANSFER, TALK.call, ANNA))
    assert press(key(), hand(KeyState.FREE, TALK), long=True) == blind
    assert press(key(), hand(KeyState.FREE, TALK, settings=BLIND), long=True) == dials(ANNA)


def test_holding_calls_somebody_who_is_busy() -> None:
    assert press(key(), hand(KeyState.BUSY), long=True) == dials(ANNA)
    assert press(key(), hand(KeyState.AWAITED), long=True) == dials(ANNA)


@pytest.mark.parametrize("type_", KeyType)
def test_a_second_function_of_ones_own_beats_ours(type_: KeyType) -> None:
    favourite = key(1, type_, "3", long_press="*80202")
    by = hand(KeyState.FREE)
    assert press(favourite, by, long=True) == dials("*80202")
    assert has_second_function(favourite, by)


def test_a_key_that_may_have_to_pick_up_acts_at_once() -> None:
    assert not has_second_function(key(), hand(KeyState.RINGING))
    assert not has_second_function(key(), hand(KeyState.FREE))


# -- emergency ----------------------------------------------------------------


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("state", [KeyState.PLAIN, KeyState.CALLS_ME, KeyState.TALKING])
@pytest.mark.parametrize("number", ["112", "1 1 2"])
def test_a_key_for_help_dials_whatever_goes_on(number: str, state: KeyState, long: bool) -> None:
    favourite = key(1, KeyType.SPEED_DIAL, number)
    assert press(favourite, hand(state, TALK, settings=BLIND), long=long) == dials(number)


def test_a_second_function_for_help_dials_whatever_goes_on() -> None:
    favourite = key(long_press="112")
    assert press(favourite, hand(KeyState.UNKNOWN, TALK), long=True) == dials("112")
