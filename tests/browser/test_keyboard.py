"""The page without a mouse and without eyes: keys, focus, what is said aloud."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Opens
from tests.browser.scenes import KATHARINA, MAX, UP, call, ringing, status

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]

Order = dict[str, object]

SHORTCUTS: dict[str, list[tuple[str, Order]]] = {
    "ringing": [
        ("Control+Alt+a", {"verb": "answer", "call": "a"}),
        ("Control+Alt+h", {"verb": "reject", "call": "a"}),
        ("Control+Alt+v", {"verb": "divert", "call": "a"}),
    ],
    "in a call": [
        ("Alt+h", {"verb": "hangup", "call": "d"}),
        ("Alt+p", {"verb": "hold", "call": "d"}),
        ("Alt+d", {"verb": "move", "call": "d", "target": "handy"}),
        ("5", {"verb": "dtmf", "call": "d", "target": "5"}),
    ],
    "on hold": [("Alt+p", {"verb": "resume", "call": "d"})],
    "two calls": [
        ("Alt+ArrowUp", {"verb": "swap"}),
        ("Alt+m", {"verb": "conference"}),
        ("Alt+t", {"verb": "transfer"}),
    ],
    "conference": [("Alt+h", {"verb": "hangup"})],
}


@pytest.mark.parametrize("view", SHORTCUTS)
async def test_shortcuts_do_what_their_buttons_do(view: str, opens: Opens) -> None:
    told = await opens(view)
    for number, (keys, _) in enumerate(SHORTCUTS[view], 1):
        await told.types(keys)
        await told.is_asked(number)
    assert told.orders == [order for _, order in SHORTCUTS[view]]


async def test_digits_dial_and_the_enter_key_calls(opens: Opens) -> None:
    told = await opens("devices")
    await told.types("2 0 1")
    await told.is_on("keypad")
    await expect(told.page.locator("#number-screen")).to_have_value("201")
    await told.page.locator("#number-screen").press("Enter")
    await told.until(lambda: told.orders, "a call")
    assert told.orders == [{"verb": "dial", "target": "201"}]


async def test_digits_can_be_switched_off(opens: Opens) -> None:
    told = await opens("idle")
    await told.page.evaluate("offhook.prefer({ digits: false })")
    await told.types("2 0 1")
    await told.presses("nav-keypad")
    await expect(told.page.locator("#number-screen")).to_have_value("")


async def test_escape_closes_what_covers_the_call(opens: Opens) -> None:
    told = await opens("transfer")
    await told.page.get_by_role("dialog").wait_for()
    await told.types("Escape")
    await expect(told.page.get_by_role("dialog")).to_have_count(0)
    await told.types("Escape")  # the call itself is not left by it
    await told.is_on("call")


async def test_the_tab_key_reaches_every_action_and_shows_where_it_is(opens: Opens) -> None:
    told = await opens("in a call")
    reached, outlined = [], []
    for _ in range(16):
        await told.types("Tab")
        at = "(({ dataset, tagName }) => dataset.id ?? tagName)(document.activeElement)"
        reached.append(await told.page.evaluate(at))
        width = "getComputedStyle(document.activeElement).outlineWidth"
        outlined.append(await told.page.evaluate(width))
    wanted = ["nav-home", "mute", "hold", "sheet-dtmf-", "sheet-pick-add", "end"]
    assert [one for one in wanted if one not in reached] == []
    assert set(outlined) == {"3px"}


async def test_a_call_that_comes_takes_no_key_meant_for_something_else(opens: Opens) -> None:
    told = await opens("keypad")
    await told.by_id("digit-5").focus()
    await told.tells("status", status(ringing()))
    await told.is_on("ringing")
    await told.types("Enter Space")
    await told.presses("silence-a")
    await told.until(lambda: told.orders, "the one press that was meant")
    assert told.orders == [{"verb": "silence", "call": "a"}]


async def test_a_screen_reader_says_what_happens(opens: Opens) -> None:
    told = await opens("idle")
    said = []
    states = [
        status(ringing()),
        status(call(MAX, "connected", UP)),
        status(call(MAX, "held", UP), muted=True),
        status(call(KATHARINA, "early", ["hangup"])),
    ]
    for state in states:
        await told.tells("status", state)
        said.append(await told.heard())
    assert said == [
        "Anruf von Anna Sommer.",
        f"Im Gespräch mit {MAX}.",
        f"{MAX} wird gehalten. Das Mikrofon ist stumm.",
        f"Bei {KATHARINA} klingelt es.",
    ]


async def test_every_view_has_a_title_and_landmarks(opens: Opens) -> None:
    told = await opens("idle")
    for view in ("keypad", "contacts", "history", "devices", "settings"):
        await told.presses(f"nav-{view}")
        await told.is_on(view)
        await expect(told.page.get_by_role("heading", level=1)).to_have_count(1)
        await expect(told.page.get_by_role("main")).to_have_count(1)
        await expect(told.page.get_by_role("navigation")).to_have_count(1)
