"""The page as a browser meets it: the whole daemon, with bytes on a real socket."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.app import page_doing
from bridge.app.page import Page
from bridge.drivers.http import page_server
from bridge.kiosk import pin
from bridge.model.blf import Favourite, KeyType
from bridge.model.calls import Phase
from bridge.model.contacts import Contact, ContactNumber, SaveContacts
from bridge.model.effects import PlaceCall
from bridge.model.numbers import Reach
from bridge.model.page import KioskSettings, PageSettings, PageToken, Role
from tests.scenarios.broker import Json, unix_ms
from tests.scenarios.desk import desk_with, until
from tests.scenarios.page_rig import Browser, browser_at, opened

TOKEN = "t" * 43
DIGEST = hashlib.sha256(TOKEN.encode()).digest()
PAGE = PageSettings(enabled=True, port=0, tokens=(PageToken("wall", Role.VIEWER, DIGEST),))
ROOM = replace(PAGE, room="Blue room", kiosk=KioskSettings(barring=Reach.INTERNAL))
KEYS = (
    Favourite(1, "Vienna", KeyType.SPEED_DIAL, "+431234567"),
    Favourite(2, "Mail", KeyType.VOICEMAIL, "791"),
)


def calls_of(status: Json) -> list[Json]:
    calls = status["calls"]
    assert isinstance(calls, list)
    return calls


async def test_a_call_rings_on_the_page_and_is_answered_and_ended_there(short_dir: Path) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await opened(desk)
        async with browser.listens() as events:
            assert calls_of(await events.next("status")) == []
            call = await desk.is_called("201", "Ada Example")
            (shown,) = calls_of(await events.next("status"))
            assert shown["remote"] == {"number": "201", "name": "Ada Example", "company": ""}
            assert shown["can"] == ["answer", "reject", "silence", "divert"]
            assert (await browser.wants("answer", call=call)).body["outcome"] == "done"
            await desk.call_is(Phase.CONNECTED)
            assert (await browser.wants("hangup", call=call)).body["outcome"] == "done"
            await desk.no_call()


async def test_nothing_is_to_be_had_without_a_session(short_dir: Path) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await browser_at(desk)
        assert (await browser.asks("GET", "/api/1/state")).status == 401
        assert (await browser.asks("GET", "/api/1/events")).status == 401
        assert (await browser.wants("dial", target="112")).status == 401
        assert (await browser.logs_in(launch="x" * 43)).status == 401
        assert (await browser.logs_in(token="x" * 43)).status == 401
        answer = await browser.asks("GET", "/")
        assert answer.status == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert desk.ordered(PlaceCall) == 0


async def test_a_page_of_a_stranger_does_nothing_with_our_cookie(short_dir: Path) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await opened(desk)
        strangers = (
            {"Origin": "http://evil.example"},
            {"Host": "evil.example", "Origin": "http://evil.example"},
            {"Sec-Fetch-Site": "cross-site"},
            {"X-Offhook": "0" * 32},
            {"X-Offhook": ""},
        )
        found = []
        for headers in strangers:
            browser.headers = headers
            found.append((await browser.wants("dial", target="201")).status)
        assert found == [403, 421, 403, 403, 403]
        browser.headers = {"X-Forwarded-For": "192.0.2.1"}
        assert (await browser.asks("GET", "/api/1/state")).status == 403
        assert desk.ordered(PlaceCall) == 0


async def test_another_user_of_this_machine_has_no_use_for_a_cookie(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await opened(desk)
        assert (await browser.asks("GET", "/api/1/session")).status == 200
        monkeypatch.setattr(page_server, "unix_user", lambda _scope: 4711)
        answer = await browser.asks("GET", "/api/1/session")
        assert (answer.status, answer.body["code"]) == (403, "user")


async def test_a_wish_that_was_kept_on_the_way_does_nothing(short_dir: Path) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await opened(desk)
        call = await desk.is_called()
        late = unix_ms() - page_doing.FRESH_MS - 1000
        for when in (late, unix_ms() + 60_000):
            answer = await browser.wants("answer", call=call, sent_ms=when)
            assert answer.body["outcome"] == "stale"
        assert desk.call is not None
        assert desk.call.phase is Phase.RINGING


async def test_the_screen_of_a_room_calls_inside_and_for_help_and_keeps_nothing(
    short_dir: Path,
) -> None:
    async with desk_with(short_dir, page=ROOM, favourites=KEYS) as desk:
        room = await opened(desk, kiosk=True)
        assert (await room.wants("dial", target="0891234567")).body["outcome"] == "denied"
        key: Json = {"sent_ms": unix_ms()}
        pressed = await room.asks("POST", "/api/1/keys/1/press", key)
        assert pressed.body["outcome"] == "denied"
        assert (await room.asks("POST", "/api/1/keys/2/press", key)).status == 403
        await room.asks("DELETE", "/api/1/session")
        helped = asyncio.create_task(room.wants("dial", target="112"))
        await until(lambda: desk.ordered(PlaceCall) == 1, "the emergency call is placed")
        desk.line.peer_answers(desk.view.calls[0].call)
        assert (await helped).body["outcome"] == "done"
        assert (await room.wants("redial")).status == 403
        hidden = [{"identity": "anonymous"}, {"from": "202"}]
        assert [(await room.wants("dial", target="201", **one)).status for one in hidden] == [
            403
        ] * 2
        assert desk.daemon.switchboard.state.last_dialed == ""


async def test_nobody_learns_in_a_room_whom_the_user_knows(short_dir: Path) -> None:
    ada = Contact("Ada Lovelace", (ContactNumber("+4989123456"),))
    page = replace(ROOM, kiosk=KioskSettings(history=True))
    async with desk_with(short_dir, page=page) as desk:
        await desk.daemon.records.store.save_contacts(SaveContacts((ada,)))
        room, own = await opened(desk, kiosk=True), await opened(desk)
        call = await desk.is_called("+4989123456", "")
        await until(lambda: desk.call and desk.call.remote.name, "the name is found")
        seen = [await who.asks("GET", "/api/1/state") for who in (own, room)]
        assert [b"Lovelace" in one.text for one in seen] == [True, False]
        desk.line.peer_hangs_up(call)
        await desk.no_call()
        for path in ("history", "contacts?words=lovelace"):
            found = [await who.asks("GET", f"/api/1/{path}") for who in (own, room)]
            assert [b"Lovelace" in one.text for one in found] == [True, False], path
        searched = await room.asks("GET", "/api/1/history?words=lovelace")
        assert searched.status == 400


async def test_a_viewer_sees_that_there_is_a_call_and_not_with_whom(short_dir: Path) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        wall = await browser_at(desk)
        wall.headers = {"Authorization": f"Bearer {TOKEN}", "Origin": ""}
        await desk.is_called("+4989123456", "Ada Example")
        state = (await wall.asks("GET", "/api/1/state")).text
        assert b'"ringing"' in state
        assert b"Ada" not in state
        assert b"4989123456" not in state
        assert (await wall.wants("answer")).status == 403
        assert (await wall.asks("GET", "/api/1/history")).status == 403


async def types_pin(browser: Browser, text: str) -> int:
    answer = await browser.asks("POST", "/api/1/session/pin", {"pin": text})
    return answer.status


async def test_the_pin_opens_the_settings_for_a_while_and_wrong_ones_shut_them(
    short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pin, "is_pin", lambda said, kept: said == kept)  # 0.1 s each
    async with desk_with(short_dir, page=replace(ROOM, pin="4711")) as desk:
        room = await opened(desk, kiosk=True)
        assert (await room.asks("GET", "/api/1/settings")).status == 403
        assert await types_pin(room, "4711") == 200
        assert (await room.asks("GET", "/api/1/settings")).status == 200
        assert (await room.asks("GET", "/api/1/history")).status == 403
        desk.passes(301.0)
        assert (await room.asks("GET", "/api/1/settings")).status == 403
        wrong = [await types_pin(room, "0000") for _ in range(pin.TRIES)]
        assert wrong == [403] * pin.TRIES
        assert await types_pin(room, "4711") == 403
        desk.passes(pin.FIRST_WAIT_S)
        assert await types_pin(room, "4711") == 200


async def test_sessions_outlive_a_restart(short_dir: Path) -> None:
    async with desk_with(short_dir, page=ROOM) as desk:
        room = await opened(desk, kiosk=True)
    async with desk_with(short_dir, page=ROOM) as desk:
        again = await browser_at(desk)
        again.cookie = room.cookie
        answer = await again.asks("GET", "/api/1/session")
        assert (answer.body["kind"], answer.body["csrf"]) == ("kiosk", room.proof)


async def test_where_there_is_no_headset_one_can_be_pressed_on_the_page(short_dir: Path) -> None:
    async with desk_with(short_dir, page=replace(PAGE, virtual_headset=True)) as desk:
        browser = await opened(desk)
        desk.passes(3.0)
        await until(lambda: desk.view.devices, "the headset of the page is there")
        desk.passes(1.0)
        device = desk.view.devices[0].device
        await desk.is_called()
        body: Json = {"control": "hook", "down": True}
        assert (await browser.asks("POST", f"/api/1/devices/{device}/press", body)).status == 200
        await desk.call_is(Phase.CONNECTED)
        (shown,) = (await browser.asks("GET", "/api/1/state")).body["devices"]["devices"]  # type: ignore[index]
        assert shown["virtual"] is True
        assert [one["text"] for one in shown["gestures"]][-1:] == ["hook: answer"]
        assert (await browser.asks("POST", "/api/1/devices/other/press", body)).status == 404


async def test_nothing_is_logged_when_it_ends_while_somebody_listens(
    short_dir: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await opened(desk)
        reading = browser.listens()
        events = await reading.__aenter__()
        await events.next("status")
        answering = asyncio.create_task(browser.wants("dial", target="201"))
        await until(lambda: desk.ordered(PlaceCall) == 1, "the call is placed")
    await asyncio.gather(answering, return_exceptions=True)
    await reading.__aexit__(None, None, None)
    assert [one for one in caplog.records if one.name == "uvicorn.error"] == []


async def test_a_reader_that_stalls_gets_the_newest_state_only(short_dir: Path) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await opened(desk)
        async with browser.listens() as events:
            await events.next("meetings")
            page = desk.daemon.page
            assert isinstance(page, Page)
            (listener,) = page.hub._listeners
            for _ in range(5):
                call = await desk.is_called()
                desk.line.peer_hangs_up(call)
                await desk.no_call()
            assert len(listener._waiting) <= len(("status", "lamps", "devices", "meetings"))
