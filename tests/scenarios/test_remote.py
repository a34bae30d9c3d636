"""This bridge is controlled from another one: it says so, and notices when that one is gone."""

from tests.scenarios.desk import Desk


def says(desk: Desk, name: str, **args: object) -> list[str]:
    number = desk.broker.command(name, window=desk.broker.window, args=args)
    return desk.broker.replies(number)


async def test_who_controls_is_shown_and_missed_when_not_heard_any_more(desk: Desk) -> None:
    assert says(desk, "remote_on", by="ts-1") == ["done"]
    assert desk.daemon.controllers.text == "controlled from ts-1"
    desk.passes(70.0)
    assert not desk.view.problems
    desk.passes(10.0)
    assert "ts-1" in ", ".join(desk.view.problems)
    assert "not heard any more" in str(desk.broker.body("alert/remote")["text"])
    assert says(desk, "remote_on", by="ts-1") == ["done"]
    assert not desk.view.problems
    assert says(desk, "remote_off", by="ts-1") == ["done"]
    desk.passes(100.0)
    assert desk.daemon.controllers.text == ""


async def test_one_who_never_comes_back_is_forgotten(desk: Desk) -> None:
    says(desk, "remote_on", by="ts-1")
    desk.passes(80.0)
    desk.passes(1000.0)
    assert desk.view.problems == ()
    assert desk.daemon.controllers.text == ""


async def test_the_volume_is_turned_from_afar(desk: Desk) -> None:
    assert says(desk, "volume", part="speaker", volume="50") == ["done"]
    body = await desk.daemon.loudness.body()
    assert body["volume"] == {"microphone": 100, "speaker": 50, "ringer": 100}
