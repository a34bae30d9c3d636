"""Readers of the page's events: how many, what waits for a slow one, who is told what."""

import asyncio
import json
from functools import partial

import pytest

from bridge.app.page_live import MOST_LISTENERS, MOST_NOTICES, MOST_OF_ONE, SECTIONS, Hub, Listener
from bridge.kiosk.body import Body, Viewer
from bridge.model.page import Role, Screen

ROOM = Viewer(Screen.KIOSK, Role.USER, frozenset())
DESK = Viewer(Screen.DESK, Role.ADMINISTRATOR, frozenset())


class Sessions:
    """Two kinds of sessions; what is taken out has ended."""

    def __init__(self) -> None:
        self.viewers: dict[str, Viewer] = {}

    def viewer_of(self, digest: str) -> Viewer | None:
        return self.viewers.get(digest)

    def session_of(self, digest: str) -> Body:
        return {"digest": digest}

    def now_ms(self) -> int:
        return 7


@pytest.fixture
def sessions() -> Sessions:
    found = Sessions()
    found.viewers = {"room": ROOM, "desk": DESK}
    return found


@pytest.fixture
def made() -> list[str]:
    return []


@pytest.fixture
def hub(sessions: Sessions, made: list[str]) -> Hub:
    def section(name: str, _viewer: Viewer) -> Body:
        made.append(name)
        return {"n": len(made)}

    return Hub(sessions, {name: partial(section, name) for name in SECTIONS})


def listening(hub: Hub, digest: str = "desk") -> Listener:
    listener = hub.listen(digest)
    assert listener is not None
    return listener


async def heard(listener: Listener) -> list[str]:
    said = await asyncio.wait_for(listener.news(), 20.0)
    return [line[7:] for line in said.decode().split("\n") if line.startswith("event: ")]


async def test_a_new_reader_hears_everything_first(hub: Hub) -> None:
    assert await heard(listening(hub)) == ["session", *SECTIONS]


@pytest.mark.parametrize("already", range(MOST_OF_ONE))
async def test_windows_of_one_session_go_on_until_there_are_too_many(
    hub: Hub, already: int
) -> None:
    before = [listening(hub) for _ in range(already)]
    listening(hub)
    assert hub._listeners[: len(before)] == before


async def test_one_window_too_many_closes_the_oldest(hub: Hub) -> None:
    oldest, *others = [listening(hub) for _ in range(MOST_OF_ONE)]
    listening(hub)
    assert await oldest.news() == b""
    assert [one in hub._listeners for one in others] == [True] * len(others)


async def test_there_is_an_end_to_readers(hub: Hub, sessions: Sessions) -> None:
    sessions.viewers |= {str(number): DESK for number in range(MOST_LISTENERS)}
    for number in range(MOST_LISTENERS):
        listening(hub, str(number))
    assert hub.listen("room") is None


async def test_what_changes_in_one_moment_is_made_once_for_all_who_see_the_same(
    hub: Hub, made: list[str]
) -> None:
    readers = [listening(hub), listening(hub), listening(hub, "room")]
    made.clear()
    for _ in range(5):
        hub.mark("status", "devices")
    await asyncio.sleep(0)
    assert sorted(made) == ["devices", "devices", "status", "status"]
    assert [(await heard(one))[-2:] for one in readers] == [["devices", "meetings"]] * 3


async def test_a_slow_reader_gets_the_newest_state_and_the_last_notices(hub: Hub) -> None:
    slow = listening(hub)
    for number in range(50):
        hub.mark("status")
        hub.notice({"number": number})
        await asyncio.sleep(0)
    said = (await slow.news()).decode()
    assert said.count("event: status") == 1
    notices = [line for line in said.split("\n") if line.startswith('data: {"number"')]
    assert len(notices) == MOST_NOTICES
    assert json.loads(notices[-1][6:]) == {"number": 49}


async def test_nothing_is_made_while_nobody_listens(hub: Hub, made: list[str]) -> None:
    listening(hub).close()
    made.clear()
    hub.mark(*SECTIONS)
    await asyncio.sleep(0)
    assert made == []


async def test_the_end_of_a_session_is_the_end_of_its_stream(hub: Hub, sessions: Sessions) -> None:
    desk, room = listening(hub), listening(hub, "room")
    del sessions.viewers["desk"]
    hub.session_changed("desk")
    assert await desk.news() == b""
    hub.notice({"text_key": "clear"}, Screen.KIOSK)
    assert "notice" in await heard(room)
