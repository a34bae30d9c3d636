"""What each gesture does in each situation, on every family that can make it.

The table is written down here a second time, from what vendors' manuals and other programs do
(``bridge/protocols/hid_telephony.md`` names them), not read from the core.
"""

import pytest

from bridge.drivers.virtual.temperament import PLAIN
from bridge.model.effects import PlaceCall, SendDtmf
from bridge.model.hid import Conduct, SecondCall, Style
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.scenarios.board import Board, Headset, board_with
from tests.scenarios.families import EVOLVE_LINK, FAMILIES, Family, family_of

SITUATIONS = (
    "idle",
    "incoming",
    "outgoing",
    "active",
    "active + incoming",
    "active + held",
    "held",
    "held + incoming",
)
IN_A_CALL = {"active", "active + incoming", "active + held"}

LONG_S = 8.0  # an echo is waited for 3 s; a hook that has not followed after 6 s never follows

NOTHING: dict[str, int] = {}
ANSWER, REJECT, END = {"AnswerCall": 1}, {"RejectCall": 1}, {"EndCall": 1}
HOLD, RESUME = {"HoldCall": 1}, {"ResumeCall": 1}
SWAP, HOLD_AND_ANSWER, END_AND_ANSWER = HOLD | RESUME, HOLD | ANSWER, END | ANSWER

# (gesture, situation) -> (orders to the SIP engine, situation after it). What is not here does
# nothing: no order, and the lamps stay as they are.
TABLE: dict[tuple[str, str], tuple[dict[str, int], str]] = {
    ("lift", "incoming"): (ANSWER, "active"),
    ("lift", "held"): (RESUME, "active"),
    ("lift", "held + incoming"): (ANSWER, "active + held"),
    ("hang up", "outgoing"): (END, "idle"),
    ("hang up", "active"): (END, "idle"),
    ("hang up", "active + incoming"): (END_AND_ANSWER, "active"),
    ("hang up", "active + held"): (END, "held"),
    ("hang up", "held"): (END, "idle"),
    ("flash", "incoming"): (ANSWER, "active"),
    ("flash", "active"): (HOLD, "held"),
    ("flash", "active + incoming"): (HOLD_AND_ANSWER, "active + held"),
    ("flash", "active + held"): (SWAP, "active + held"),
    ("flash", "held"): (RESUME, "active"),
    ("flash", "held + incoming"): (ANSWER, "active + held"),
    ("reject", "incoming"): (REJECT, "idle"),
    ("reject", "active + incoming"): (REJECT, "active"),
    ("reject", "held + incoming"): (REJECT, "held"),
    ("drop", "incoming"): (REJECT, "idle"),
    ("drop", "outgoing"): (END, "idle"),
    ("drop", "active"): (END, "idle"),
    ("drop", "active + incoming"): (REJECT, "active"),
    ("drop", "active + held"): (END, "held"),
    ("drop", "held"): (END, "idle"),
    ("drop", "held + incoming"): (REJECT, "held"),
}


def lamps(situation: str, conduct: Conduct) -> set[str]:
    """What a headset shows in a situation."""
    off_hook_on_hold = set() if conduct.hold_clears_off_hook else {"off_hook"}
    return {
        "idle": set[str](),
        "incoming": {"ring"},
        "outgoing": {"off_hook"},
        "active": {"off_hook"},
        "active + incoming": {"off_hook", "ring"},
        "active + held": {"off_hook"},
        "held": {"hold"} | off_hook_on_hold,
        "held + incoming": {"hold", "ring"} | off_hook_on_hold,
    }[situation]


async def bring_about(
    situation: str, board: Board, headset: Headset, *, on_headset: bool = True
) -> None:
    """Bring a headset into a situation, the first call answered on it or by a command."""

    async def begin() -> CallId:
        if on_headset:
            return await board.is_in_a_call(headset)
        call = await board.is_called()
        assert await board.asks(Verb.ANSWER, call) == "done"
        return call

    match situation.split(" + "):
        case ["idle"]:
            await board.passes(1.0)
        case ["incoming"]:
            await board.is_called()
        case ["outgoing"]:
            await board.dials()
        case ["active", "held"]:
            first = await begin()
            second = await board.is_called("202")
            await board.asks(Verb.ANSWER, second)
            assert board.phases == {first: "held", second: "connected"}
        case ["active", *more]:
            await begin()
            await wait_for_a_second(more, board)
        case _:
            call = await begin()
            assert await board.asks(Verb.HOLD, call) == "done"
            await wait_for_a_second(situation.split(" + ")[1:], board)
    await board.passes(LONG_S)
    headset.expects(*lamps(situation, headset.family.conduct))


async def wait_for_a_second(more: list[str], board: Board) -> None:
    if more:
        await board.is_called("202")


async def check(key: str, gesture: str, situation: str, board: Board, headset: Headset) -> None:
    """Press a key and compare what follows with the table."""
    conduct = headset.family.conduct
    expected, after = TABLE.get((gesture, situation), (NOTHING, situation))
    if expected == END_AND_ANSWER and conduct.second_call is SecondCall.END:
        expected, after = END, "incoming"
    orders, keys = len(board.line.orders), len(board.keys)
    await headset.press(key)
    await board.passes(1.0)  # a hook that pulses falls back
    assert board.ordered(orders) == expected, board.story()
    assert len(board.keys) == keys + 1, "a press is told once"
    headset.expects(*lamps(after, conduct))


def gesture_of_tap(headset: Headset, situation: str) -> str:
    """What a tap of the answer/end key will be on a device, by where its hook is."""
    family, hook = headset.family, headset.device.pressed_hook
    mood = family.temperament
    # The daemon has learnt by now that the hook is a pulse, or that it does not follow.
    rises_in_calls = mood.hook_pulse_s or not mood.echoes_hook
    if family.conduct.hook_style is Style.PULSE or not hook:
        ends = rises_in_calls or family.conduct.hook_style is Style.PULSE
        return "hang up" if ends and situation in IN_A_CALL | {"outgoing"} else "lift"
    return "hang up"


def is_deaf(family: Family, situation: str) -> bool:
    return family.temperament.deaf_while_second_rings and situation == "active + incoming"


def is_unknown(family: Family, situation: str) -> bool:
    """Where the hook is on hold, when it should go down with Off-Hook and does not follow it.

    Nobody has such a device: it is what a new dump's profile may say before its temperament is
    known.
    """
    clears = family.conduct.hold_clears_off_hook and family.conduct.hook_style is Style.LEVEL
    return clears and not family.temperament.echoes_hook and situation.startswith("held")


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize(
    ("family", "key"),
    [
        (name, key)
        for name in FAMILIES
        for key in ("flash", "reject", "drop")
        if key in family_of(name).keys
    ],
)
async def test_a_key_does_what_the_table_says(family: str, key: str, situation: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(situation, board, headset)
        await check(key, key, situation, board, headset)


@pytest.mark.parametrize(
    ("family", "situation"),
    [
        (name, situation)
        for name in FAMILIES
        for situation in SITUATIONS
        if not is_deaf(family_of(name), situation) and not is_unknown(family_of(name), situation)
    ],
)
async def test_a_tap_does_what_the_table_says(family: str, situation: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(situation, board, headset)
        await check("hook", gesture_of_tap(headset, situation), situation, board, headset)


@pytest.mark.parametrize(
    ("situation", "gesture"),
    [(one, "lift") for one in ("idle", "incoming", "held", "held + incoming")]
    + [(one, "hang up") for one in ("outgoing", "active", "active + incoming", "active + held")],
)
async def test_a_hook_that_does_not_follow_us_rises_for_either_press(
    situation: str, gesture: str
) -> None:
    """Calls are answered off the headset; its hook stays down all the time."""
    async with board_with(EVOLVE_LINK, temperament=PLAIN) as board:
        headset = board.headsets[0]
        await bring_about(situation, board, headset, on_headset=False)
        await check("hook", gesture, situation, board, headset)


def has_a_mute_key(family: Family, situation: str) -> bool:
    """Whether the key says anything: on some devices not while their hook is down."""
    down = situation in {"idle", "incoming"} or (
        situation.startswith("held") and family.conduct.hold_clears_off_hook
    )
    return "mute" in family.keys and not (family.temperament.mute_in_calls_only and down)


@pytest.mark.parametrize(
    ("family", "situation"),
    [(n, one) for n in FAMILIES for one in SITUATIONS if has_a_mute_key(family_of(n), one)],
)
async def test_the_mute_key_toggles_in_a_call_and_only_there(family: str, situation: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(situation, board, headset)
        before, told = lamps(situation, headset.family.conduct), len(board.line.orders)
        await headset.press("mute")
        in_a_call = situation not in {"idle", "incoming"}
        assert board.view.muted is in_a_call
        headset.expects(*before, *(["mute"] if in_a_call else []))
        await headset.press("mute")
        assert board.view.muted is False
        headset.expects(*before)
        assert board.ordered(told) == NOTHING


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("family", [n for n in FAMILIES if "redial" in family_of(n).keys])
async def test_the_redial_key_dials_when_idle_and_only_then(family: str, situation: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        call = await board.dials("203")
        await board.asks(Verb.HANGUP, call)
        await bring_about(situation, board, headset)
        told = len(board.line.orders)
        await headset.press("redial")
        idle = situation == "idle"
        assert board.ordered(told) == ({"PlaceCall": 1} if idle else NOTHING)
        after = "outgoing" if idle else situation
        headset.expects(*lamps(after, headset.family.conduct))
        placed = board.orders(PlaceCall)[-1]
        expected = "202" if situation == "outgoing" else "203"
        assert isinstance(placed, PlaceCall)
        assert placed.target == expected


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("family", [n for n in FAMILIES if "5" in family_of(n).keys])
async def test_a_digit_is_sent_in_a_call_and_only_there(family: str, situation: str) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(situation, board, headset)
        told = len(board.line.orders)
        await headset.press("5")
        sent = [order for order in board.line.orders[told:] if isinstance(order, SendDtmf)]
        assert [order.digits for order in sent] == (["5"] if situation in IN_A_CALL else [])
        headset.expects(*lamps(situation, headset.family.conduct))


FREE = ("volume_up", "volume_down", "speed_dial", "voice_mail", "teams")


@pytest.mark.parametrize(
    ("family", "key", "situation"),
    [
        (name, key, one)
        for name in FAMILIES
        for key in FREE
        for one in (SITUATIONS if key == "volume_up" else ("idle", "incoming", "active"))
        if key in family_of(name).keys
    ],
)
async def test_a_free_key_is_told_once_and_does_nothing(
    family: str, key: str, situation: str
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(situation, board, headset)
        await check(key, key, situation, board, headset)


def says_no_by_hook(family: Family, situation: str) -> bool:
    """Whether reports with the hook down mean "no": the flags of a Gigaset come in such."""
    return family.conduct.reject_by_on_hook > 0 and situation == "incoming"


@pytest.mark.parametrize(
    ("family", "flag", "situation"),
    [
        (n, flag, one)
        for n in FAMILIES
        for flag in ("line_busy", "line")
        for one in SITUATIONS
        if flag in family_of(n).keys and not says_no_by_hook(family_of(n), one)
    ],
)
async def test_a_flag_of_the_device_is_nobodys_press(
    family: str, flag: str, situation: str
) -> None:
    async with board_with(family) as board:
        headset = board.headsets[0]
        await bring_about(situation, board, headset)
        told, keys = len(board.line.orders), len(board.keys)
        headset.device.let_go(flag)
        await board.passes(1.0)
        headset.device.hold_down(flag)
        await board.passes(1.0)
        assert board.ordered(told) == NOTHING
        assert len(board.keys) == keys
        headset.expects(*lamps(situation, headset.family.conduct))
        elsewhere = situation == "idle" and flag == "line_busy"
        assert headset.view is not None
        assert headset.view.busy_elsewhere is elsewhere
