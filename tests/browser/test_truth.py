"""The page never shows what the daemon has not told, and says when it does not know."""

import pytest
from playwright.async_api import expect

from bridge.model.blf import KeyState
from tests.browser.conftest import Opens
from tests.browser.scenes import MAX, UP, call, kiosk, lamp, now_ms, status
from tests.browser.screen import PATIENCE_MS

pytestmark = [pytest.mark.needs("chromium"), pytest.mark.asyncio(loop_scope="session")]


async def test_a_press_is_felt_at_once_and_believed_when_the_daemon_says_so(opens: Opens) -> None:
    told = await opens("in a call")
    told.holds.clear()  # the daemon takes its time
    await told.presses("mute")
    mute = told.by_id("mute")
    await expect(mute).to_have_attribute("aria-busy", "true")
    await expect(mute).to_have_attribute("aria-pressed", "false")
    told.holds.set()
    await expect(mute).not_to_have_attribute("aria-busy", "true")
    await expect(mute).to_have_attribute("aria-pressed", "false")
    await told.tells("status", status(call(MAX, "connected", UP), muted=True))
    await expect(mute).to_have_attribute("aria-pressed", "true")


async def test_a_second_press_before_the_answer_asks_nothing(opens: Opens) -> None:
    told = await opens("in a call")
    told.holds.clear()
    await told.presses("hold")
    await told.presses_anyway("hold")
    told.holds.set()
    await told.presses("mute")
    await told.until(lambda: len(told.orders) > 1, "hold and mute")
    assert [order["verb"] for order in told.orders] == ["hold", "mute"]


async def test_a_refusal_is_told_in_the_language_of_the_page(opens: Opens) -> None:
    told = await opens("in a call")
    told.answers["intents"] = {"outcome": "conflict", "detail": "the call is held", "call": None}
    await told.presses("hold")
    await told.shows("Das geht gerade nicht.")
    await told.shows("the call is held")


async def test_a_failure_that_is_told_twice_is_shown_once(opens: Opens) -> None:
    told = await opens("in a call")
    told.answers["intents"] = {"outcome": "failed", "detail": "nobody is there", "call": None}
    await told.presses("hold")
    await told.shows("nobody is there")
    await told.tells("notice", {"topic": "call", "text": "nobody is there"})
    await expect(told.page.locator(".notice")).to_have_count(1)


async def test_a_lost_connection_is_said_and_nothing_is_claimed(opens: Opens) -> None:
    told = await opens("idle")
    await told.is_cut_off()
    await told.shows("Keine Verbindung zum Telefon.")
    states = await told.page.locator(".key").evaluate_all("keys => keys.map(k => k.dataset.state)")
    assert set(states) == {"unknown"}
    assert "Keine Verbindung zum Telefon." in await told.heard()
    await told.presses_anyway("key-1")  # refused here: nobody would know what it shows
    await told.shows("Das geht erst wieder, wenn die Verbindung zum Telefon steht.")
    assert told.asked == []


async def test_the_page_is_back_by_itself(opens: Opens) -> None:
    told = await opens("in a call")
    await told.is_cut_off()
    await expect(told.page.locator("[data-link=lost]")).to_be_visible()
    told.sections["status"] = status()  # the call ended meanwhile
    told.is_reachable = True
    await told.is_on("home")
    await expect(told.page.locator("[data-link=up]")).to_be_visible()
    await expect(told.by_id("key-1")).to_have_attribute("data-state", "free")


async def test_a_daemon_that_falls_silent_is_no_longer_believed(opens: Opens) -> None:
    told = await opens("idle")
    await told.page.clock.install()
    await told.reopens()
    told.is_reachable = False
    await told.page.clock.run_for(26_000)
    await expect(told.page.locator("[data-link=lost]")).to_be_visible()
    told.is_reachable = True
    await expect(told.page.locator("[data-link=up]")).to_be_visible()


async def test_a_room_forgets_what_was_typed(opens: Opens) -> None:
    told = await opens("keypad")
    told.session = kiosk(clear_after_s=60)
    await told.page.clock.install()
    await told.reopens()
    await told.types("0 8 9")
    await expect(told.page.locator("#number-screen")).to_have_value("089")
    for _ in range(4):  # the daemon goes on talking meanwhile
        await told.page.clock.run_for(16_000)
        await told.tells("beat", {"now_ms": now_ms()})
    await told.is_on("home")
    await told.presses("nav-keypad")
    await expect(told.page.locator("#number-screen")).to_have_value("")


async def test_a_lamp_is_told_by_shape_and_word_and_not_by_colour_alone(opens: Opens) -> None:
    told = await opens("idle")
    states = [state.value for state in KeyState]
    keys = [lamp(i + 1, state, state, "red") for i, state in enumerate(states)]
    await told.tells("lamps", {"lamps": keys, "panels": []})
    seen = await told.page.evaluate("offhook.see().lamps.map(k => [k.state, k.lamp.shape, k.word])")
    assert [one[0] for one in seen] == states
    assert [one for one in seen if one[1] == "unknown" and one[0] != "unknown"] == []
    words = await told.page.locator(".key-state").all_inner_texts()
    assert [word for word in words if word.startswith("lamp.")] == []
    # Two states that look the same mean the same to whoever wants to call.
    apart = ("free", "busy", "ringing", "held", "away", "dnd", "unknown", "messages", "on")
    shapes = {one[0]: one[1] for one in seen}
    told_apart = {(shapes[state], words[states.index(state)]) for state in apart}
    assert len({shape for shape, _ in told_apart}) >= len(apart) - 1
    assert len({word for _, word in told_apart}) == len(apart)


async def test_time_is_counted_by_the_clock_of_the_daemon(opens: Opens) -> None:
    told = await opens("idle")
    ahead_ms = now_ms() + 3_600_000  # this screen's clock is an hour behind
    talking = call(MAX, "connected", UP, answered_ms=ahead_ms - 754_000)
    await told.tells("status", status(talking, now_ms=ahead_ms))
    shown_s = await told.page.evaluate("offhook.see().calls.cards[0].duration_s")
    assert 754 <= shown_s < 754 + PATIENCE_MS / 1000


@pytest.mark.parametrize(
    ("member", "value", "sentence"),
    [
        ("engine", {"up": False}, "Telefonie steht still"),
        ("do_not_disturb", True, "Nicht stören"),
        ("lines", [], "Keine Leitung eingerichtet"),
    ],
)
async def test_the_bar_says_why_calls_do_not_work(
    member: str, value: object, sentence: str, opens: Opens
) -> None:
    told = await opens("keypad")
    await told.tells("status", status(**{member: value}))
    await told.shows(sentence)


async def test_somebody_who_may_only_watch_is_told_so(opens: Opens) -> None:
    told = await opens("in a call")
    await told.tells("session", {"role": "viewer", "may": ["see", "devices"]})
    await told.presses_anyway("end")
    await told.shows("Dieser Zugang darf nur zusehen")
    assert told.asked == []


async def test_one_touch_joins_the_meeting(opens: Opens) -> None:
    told = await opens("idle")
    await told.shows("Frei bis")
    await told.button("join-").click()
    await told.until(lambda: told.asked, "to join")
    assert told.asked == [("POST", "meetings/m1/join", {})]


async def test_a_room_is_as_new_between_two_meetings(opens: Opens) -> None:
    told = await opens("keypad")
    await told.types("0 8 9")
    await told.tells("notice", {"text_key": "clear"})
    await told.is_on("home")
    await told.presses("nav-keypad")
    await expect(told.page.locator("#number-screen")).to_have_value("")
