"""The page as a browser meets it: the whole daemon, with bytes on a real socket."""

from pathlib import Path

from bridge.model.calls import Phase
from bridge.model.page import PageSettings
from tests.scenarios.desk import desk_with
from tests.scenarios.page_rig import opened

PAGE = PageSettings(enabled=True, port=0)


async def test_a_call_rings_on_the_page_and_is_answered_and_ended_there(short_dir: Path) -> None:
    async with desk_with(short_dir, page=PAGE) as desk:
        browser = await opened(desk)
        async with browser.listens() as events:
            assert (await events.next("status"))["calls"] == []
            call = await desk.is_called("201", "Ada Example")
            status = await events.next("status")
            shown = status["calls"][0]  # type: ignore[index]
            assert shown["remote"]["name"] == "Ada Example"
            assert "answer" in shown["can"]
            assert (await browser.wants("answer", call=call)).body["outcome"] == "done"
            await desk.call_is(Phase.CONNECTED)
            assert (await browser.wants("hangup", call=call)).body["outcome"] == "done"
            await desk.no_call()
