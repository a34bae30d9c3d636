"""What others see of the user: by hand, by calls, by the PBX; and his queues."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from bridge.model.blf import Extension, Favourite, KeyType, PresenceState
from bridge.model.favourites import PressKey
from bridge.model.features import (
    EnterQueue,
    GetPresence,
    LeaveQueue,
    LeaveQueues,
    ListQueues,
    PresenceRules,
    PresenceSettings,
    ReturnToQueues,
    ShowMe,
    SwitchGlobalDnd,
)
from bridge.model.intents import Verb
from tests.scenarios.broker import Broker, Json, unix_ms
from tests.scenarios.desk import Desk, desk_with, until

ME = Extension("200")
SALES, HELP = Extension("801"), Extension("802")
SETTINGS = PresenceSettings(ME, rules=PresenceRules(300), publish_as="ada")
AT_PBX = PresenceSettings(ME, has_pbx=True, publish_as="ada")
PBX = "offhook/1/office"
PBX_EPOCH = "bbbbbbbbbbbbbbbb"


def seen(desk: Desk) -> object:
    """What readers of MQTT see."""
    return desk.broker.body("presence/ada").get("presence")


def mine(body: Json) -> Json:
    return cast("Json", body["presence"])


class Office:
    """A PBX on the desk's broker: obeys what the gateway of one would, and says what it holds."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._rev = 0
        self.orders: list[tuple[str, Json]] = []
        self.status = "done"
        self.presence = "none"
        self.dnd = False
        self.queues: dict[str, bool] = {}
        broker.read(lambda said: self._take(said.topic, said.payload))

    def go(self, word: str) -> None:
        """Say that the gateway is online, or offline."""
        names = ["presence", "dnd", "queue_login", "queue_logout"]
        self._say("info", {"window": ["w2", "w1"], "commands": names})
        more = {"seq": 0, "health": "ok", "reasons": []} if word == "online" else {}
        self._say("availability", {"state": word} | more)

    def tell(self) -> None:
        """Say everything that is held."""
        word = "dnd" if self.dnd else self.presence
        self._say("ext/200/presence", {"presence": word})
        for queue, logged_in in self.queues.items():
            member = {"ext": "200", "logged_in": logged_in, "paused": False}
            self._say(f"queue/{queue}", {"members": [member], "waiting": 0})

    def _say(self, topic: str, body: Json) -> None:
        self._rev += 1
        whole = {"v": 1, "epoch": PBX_EPOCH, "rev": self._rev, **body}
        self._broker.say(f"{PBX}/{topic}", json.dumps(whole).encode(), retained=True)

    def _take(self, topic: str, payload: bytes) -> None:
        if not topic.startswith(f"{PBX}/cmd/"):
            return
        body = cast("Json", json.loads(payload))
        name, args = topic.rpartition("/")[2], cast("Json", body["args"])
        self.orders.append((name, args))
        if self.status == "done":
            self._obey(name, args)
        reply = {"v": 1, "id": body["id"], "status": self.status, "detail": "", "epoch": PBX_EPOCH}
        self._broker.say(f"{PBX}/reply/desk", json.dumps(reply).encode())

    def _obey(self, name: str, args: Json) -> None:
        if name == "dnd":
            self.dnd = bool(args["on"])
        elif name == "presence":
            self.presence = str(args["presence"])
        else:
            wanted = [str(args["queue"])] if "queue" in args else list(self.queues)
            self.queues |= dict.fromkeys(wanted, name == "queue_login")
        self.tell()


async def test_a_presence_set_by_hand_is_seen_and_survives_a_restart(short_dir: Path) -> None:
    end_ms = unix_ms() + 3_600_000
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        said = await desk.asks(ShowMe(PresenceState.AWAY, "back at two", end_ms))
        assert said["outcome"] == "done"
        assert seen(desk) == "away"
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        assert seen(desk) == "away"
        shown = mine(await desk.asks(GetPresence()))
    assert (shown["text"], shown["until_ms"], shown["by_hand"]) == ("back at two", end_ms, True)


async def test_a_presence_ends_by_itself(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        now_s = 1_800_000_000.0
        desk.daemon.switchboard.unix = lambda: now_s + desk.timers.now()
        end_ms = round((now_s + desk.timers.now() + 60) * 1000)
        await desk.asks(ShowMe(PresenceState.DND, "", end_ms))
        assert seen(desk) == "dnd"
        desk.passes(61)
        assert seen(desk) == "available"
        assert not desk.view.do_not_disturb


async def test_a_call_shows_as_busy_for_as_long_as_it_lasts(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        assert seen(desk) == "available"
        await desk.is_called()
        assert seen(desk) == "busy"
        await desk.types(Verb.REJECT)
        await desk.no_call()
        assert seen(desk) == "available"


async def test_who_does_not_touch_the_machine_is_away_until_he_does(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        desk.user.is_left(unix_ms() - 301_000)
        assert seen(desk) == "away"
        desk.user.is_left(0)
        assert seen(desk) == "available"


async def test_presence_dnd_refuses_calls_here_and_ends_when_the_desk_ends_it(
    short_dir: Path,
) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        await desk.asks(SwitchGlobalDnd(on=True))
        assert desk.view.do_not_disturb
        await desk.types(Verb.DND_OFF)
        assert seen(desk) == "available"


async def test_at_the_desk_both_end_whichever_was_first(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        await desk.types(Verb.DND_ON)
        await desk.asks(SwitchGlobalDnd(on=True))
        await desk.types(Verb.DND_OFF)
        assert not desk.view.do_not_disturb
        assert seen(desk) == "available"


async def test_do_not_disturb_of_the_desk_outlives_the_one_everywhere(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        await desk.types(Verb.DND_ON)
        await desk.asks(SwitchGlobalDnd(on=True))
        await desk.asks(SwitchGlobalDnd(on=False))
        assert desk.view.do_not_disturb
        assert seen(desk) == "available"


# -- keys --------------------------------------------------------------------------

KEYS = (
    Favourite(1, "Away", KeyType.PRESENCE, "away"),
    Favourite(2, "Do not disturb", KeyType.DND, "global"),
)


def keys(desk: Desk) -> list[str]:
    return [face.state for face in desk.daemon.lamps.faces]


async def test_keys_set_the_presence_and_show_it_where_there_is_no_pbx(short_dir: Path) -> None:
    async with desk_with(short_dir, favourites=KEYS, presence=SETTINGS) as desk:
        await until(lambda: keys(desk) == ["off", "off"], "both keys are off")
        assert (await desk.asks(PressKey(1)))["outcome"] == "done"
        await until(lambda: keys(desk) == ["on", "off"], "the first key is on")
        assert seen(desk) == "away"
        assert (await desk.asks(PressKey(2)))["outcome"] == "done"
        await until(lambda: keys(desk) == ["off", "on"], "the second key is on")
        assert desk.view.do_not_disturb
        await desk.asks(PressKey(2))
        await until(lambda: keys(desk) == ["off", "off"], "both keys are off again")


async def test_a_key_switches_do_not_disturb_at_the_pbx(short_dir: Path) -> None:
    async with desk_with(short_dir, favourites=KEYS, presence=AT_PBX, pbx="office") as desk:
        with office_at(desk) as office:
            await heard(desk)
            await until(lambda: keys(desk) == ["off", "off"], "both keys are off")
            assert (await desk.asks(PressKey(2)))["outcome"] == "done"
            assert office.dnd
            await until(lambda: keys(desk) == ["off", "on"], "the key is on")
            assert desk.view.do_not_disturb


# -- commands over MQTT ------------------------------------------------------------


async def replied(desk: Desk, number: str) -> str:
    await until(lambda: desk.broker.replies(number), "the command is answered")
    return desk.broker.replies(number)[-1]


async def test_a_calendar_says_that_a_meeting_is_on(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        number = desk.broker.command("meeting_on", window=desk.broker.window)
        assert await replied(desk, number) == "done"
        assert seen(desk) == "busy"
        number = desk.broker.command("meeting_off", window=desk.broker.window)
        assert await replied(desk, number) == "done"
        assert seen(desk) == "available"


@pytest.mark.parametrize(
    ("members", "status"),
    [
        ({"window": "of-yesterday"}, "stale"),
        ({"epoch": "ffffffffffffffff"}, "stale"),
        ({"args": {"presence": "asleep"}}, "invalid"),
        ({"args": {"presence": "dnd", "until": 1}}, "invalid"),
        ({"args": {"presence": "dnd", "foreign": 1}}, "invalid"),
    ],
)
async def test_a_stale_or_wrong_presence_changes_nothing(
    short_dir: Path, members: Json, status: str
) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        right: Json = {"window": desk.broker.window, "args": {"presence": "dnd"}}
        number = desk.broker.command("presence_set", **(right | members))
        assert await replied(desk, number) == status
        assert seen(desk) == "available"


async def test_a_stored_command_does_nothing(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=SETTINGS) as desk:
        desk.broker.stored_command("dnd_global_on", window=desk.broker.window)
        assert seen(desk) == "available"
        assert not desk.view.do_not_disturb


# -- with a PBX --------------------------------------------------------------------


@contextmanager
def office_at(desk: Desk, *, queues: dict[str, bool] | None = None) -> Iterator[Office]:
    office = Office(desk.broker)
    office.queues = queues or {}
    office.tell()
    office.go("online")
    yield office


async def heard(desk: Desk) -> None:
    await until(lambda: desk.daemon.around.presence.body["pbx"] is not None, "the PBX is heard")


async def test_the_pbx_is_told_and_do_not_disturb_is_done_there(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=AT_PBX, pbx="office") as desk:
        with office_at(desk) as office:
            await heard(desk)
            await desk.asks(ShowMe(PresenceState.AWAY, "lunch"))
            await desk.asks(SwitchGlobalDnd(on=True))
            assert office.dnd
            await desk.asks(SwitchGlobalDnd(on=False))
            assert (office.dnd, office.presence) == (False, "none")


async def test_a_pbx_that_was_started_again_is_told_again(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=AT_PBX, pbx="office") as desk:
        with office_at(desk) as office:
            await heard(desk)
            await desk.asks(ShowMe(PresenceState.AWAY))
            office.go("offline")
            await until(lambda: not office_is_heard(desk), "the PBX is lost")
            office.presence = "none"
            office.tell()
            office.go("online")
            await until(lambda: office.presence == "away", "it is told again")


def office_is_heard(desk: Desk) -> bool:
    return desk.daemon.around.presence.body["pbx"] is not None


async def test_a_presence_the_pbx_refuses_counts_here_and_is_told_as_a_problem(
    short_dir: Path,
) -> None:
    async with desk_with(short_dir, presence=AT_PBX, pbx="office") as desk:
        with office_at(desk) as office:
            await heard(desk)
            office.status = "failed"
            said = await desk.asks(ShowMe(PresenceState.AWAY))
            assert "has not taken it" in str(said["detail"])
            assert seen(desk) == "away"
            assert "presence" in " ".join(desk.view.problems)
            office.status = "done"
            desk.passes(31)
            await until(lambda: office.presence == "away", "it is tried again")
            await until(lambda: "presence" not in " ".join(desk.view.problems), "all is well")


async def test_queues_one_by_one_all_and_back_again(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=AT_PBX, pbx="office") as desk:
        with office_at(desk, queues={"801": True, "802": False}) as office:
            await heard(desk)
            assert (await desk.asks(EnterQueue(HELP)))["outcome"] == "done"
            await until(lambda: desk.daemon.around.queues.queues.logged_in == {SALES, HELP}, "both")
            left = await desk.asks(LeaveQueues())
            assert left["detail"] == "logged out of 2 queues"
            assert office.queues == {"801": False, "802": False}
    async with desk_with(short_dir, presence=AT_PBX, pbx="office") as desk:
        with office_at(desk, queues={"801": False, "802": False}) as office:
            await heard(desk)
            back = await desk.asks(ReturnToQueues())
            assert back["detail"] == "logged in to 2 queues"
            assert office.queues == {"801": True, "802": True}
            again = await desk.asks(ReturnToQueues())
            assert str(again["detail"]).startswith("there are no queues to go back to")


async def test_one_key_leaves_all_queues_and_goes_back_to_them(short_dir: Path) -> None:
    one = (Favourite(1, "Queues", KeyType.QUEUE),)
    async with desk_with(short_dir, presence=AT_PBX, pbx="office", favourites=one) as desk:
        with office_at(desk, queues={"801": False, "802": False}) as office:
            await heard(desk)
            await until(lambda: keys(desk) == ["logged-out"], "logged-out")
            assert "go back to" in str((await desk.asks(PressKey(1)))["detail"])
            office.queues = {"801": True, "802": True}
            office.tell()
            await until(lambda: keys(desk) == ["logged-in"], "logged-in")
            assert (await desk.asks(PressKey(1)))["outcome"] == "done"
            assert office.queues == {"801": False, "802": False}
            await until(lambda: keys(desk) == ["logged-out"], "logged-out")
            assert (await desk.asks(PressKey(1)))["outcome"] == "done"
            assert office.queues == {"801": True, "802": True}
            await until(lambda: keys(desk) == ["logged-in"], "logged-in")


async def test_what_cannot_be_done_with_a_queue_says_why(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=AT_PBX, pbx="office") as desk:
        said = await desk.asks(EnterQueue(SALES))
        assert said["outcome"] == "failed"
        with office_at(desk, queues={"801": True}):
            await heard(desk)
            said = await desk.asks(LeaveQueue(HELP))
            assert (said["outcome"], "801" in str(said["detail"])) == ("invalid", True)
            listed = cast("list[Json]", (await desk.asks(ListQueues()))["queues"])
            assert [(one["queue"], one["logged_in"]) for one in listed] == [("801", True)]


async def test_a_queue_is_entered_over_mqtt(short_dir: Path) -> None:
    async with desk_with(short_dir, presence=AT_PBX, pbx="office") as desk:
        with office_at(desk, queues={"801": False}) as office:
            await heard(desk)
            window = desk.broker.window
            number = desk.broker.command("queue_in", window=window, args={"queue": "801"})
            assert await replied(desk, number) == "done"
            assert office.queues == {"801": True}
