"""Own presence and queues at a real PBX: what the desk sets is held there, and there is obeyed."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bridge.app.around import Around
from bridge.model.blf import Extension, Favourite, KeyState, KeyType, PresenceState
from bridge.model.bus import MqttSettings
from bridge.model.features import (
    EnterQueue,
    LeaveQueue,
    LeaveQueues,
    PresenceSettings,
    ReturnToQueues,
    ShowMe,
    SwitchGlobalDnd,
)
from bridge.model.intents import Verb
from bridge.model.lamps import LampSettings
from tests.integration.pbx_desk import Desk as Office
from tests.integration.pbx_desk import desk_at
from tests.integration.running import Desk, account_at, config_for, desk_with
from tests.integration.waiting import eventually
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block

pytestmark = [pytest.mark.sip, pytest.mark.needs("kamailio", "mosquitto", "openssl")]

US = 203
OWN = Extension(str(US))
QUEUE = Extension("710")


@dataclass
class Stage:
    """A desk whose user has an extension at the PBX."""

    office: Office
    desk: Desk

    @property
    def around(self) -> Around:
        return self.desk.daemon.around

    async def is_heard(self) -> None:
        await eventually(
            lambda: self.around.presence.body["pbx"] is not None, "the PBX is heard", self.story
        )

    async def pbx_says(self, word: str) -> None:
        """Wait until everybody who reads the PBX's branch sees it."""
        await eventually(
            lambda: self.office.said(f"ext/{US}/presence").get("presence") == word,
            f"the PBX says that {US} is {word}",
            self.story,
        )

    async def is_in(self, *queues: Extension) -> None:
        await eventually(
            lambda: self.around.queues.queues.logged_in == set(queues),
            f"logged in to {queues}",
            self.story,
        )

    async def forwards(self, *whens: str) -> None:
        """Wait until the status and the key say on what the PBX forwards our calls."""

        def is_told() -> bool:
            body = self.around.line.body
            key = self.desk.daemon.lamps.board.state(1, self.desk.daemon.switchboard.timers.now())
            lamp = KeyState.ON if whens else KeyState.OFF
            return body is not None and body["when"] == list(whens) and key is lamp

        await eventually(is_told, f"forwards on {whens}", self.story)

    async def dials_code(self, code: str, *whens: str) -> None:
        """Dial a star code, and hang up once it was obeyed."""
        await self.desk.is_registered()
        await self.desk.types(Verb.DIAL, code)  # at most three in 10 s: ``limits``
        await self.forwards(*whens)
        await self.desk.types(Verb.HANGUP)
        await self.desk.no_call()

    def story(self) -> str:
        return f"{self.around.body}\n{self.office.story}"


@pytest.fixture
async def stage(pbx: Pbx, short_dir: Path) -> AsyncIterator[Stage]:
    with port_block() as rtp_first:
        config = replace(
            config_for(short_dir, account_at(pbx, US), rtp_first),
            mqtt=MqttSettings(bridge="desk", host=pbx.host, port=pbx.mqtt_port),
            presence=PresenceSettings(OWN, has_pbx=True),
            pbx="office",
            lamps=LampSettings(extension=OWN),
            favourites=(Favourite(1, "Forwarded", KeyType.FORWARDING, "0"),),
        )
        async with desk_at(pbx) as office, desk_with(config) as desk:
            made = Stage(office, desk)
            await made.is_heard()
            yield made


async def test_presence_and_do_not_disturb_are_held_by_the_pbx(stage: Stage) -> None:
    await stage.around.obey(ShowMe(PresenceState.AWAY, "back at two"))
    await stage.pbx_says("away")
    assert stage.office.said(f"ext/{US}/presence").get("text") == "back at two"
    await stage.around.obey(SwitchGlobalDnd(on=True))
    await stage.pbx_says("dnd")
    await stage.around.obey(SwitchGlobalDnd(on=False))
    await stage.pbx_says("none")
    assert stage.around.presence.shown.presence is PresenceState.AVAILABLE


async def test_a_queue_is_entered_left_and_entered_again(stage: Stage) -> None:
    assert (await stage.around.obey(EnterQueue(QUEUE))).detail == "logged in"
    await stage.is_in(QUEUE)
    assert (await stage.around.obey(LeaveQueues())).detail == "logged out of 1 queue"
    await stage.is_in()
    assert (await stage.around.obey(ReturnToQueues())).detail == "logged in to 1 queue"
    await stage.is_in(QUEUE)
    assert (await stage.around.obey(LeaveQueue(QUEUE))).detail == "logged out"
    await stage.is_in()


async def test_forwarding_by_star_code_lights_its_key_and_stands_in_the_status(
    stage: Stage,
) -> None:
    await stage.forwards()
    await stage.dials_code("*11*791", "always")
    await stage.dials_code("**11")
