"""Whatever is killed: no lamp lies meanwhile, and afterwards all show the truth. The long form."""

import asyncio
import os
from pathlib import Path
from subprocess import Popen

import pytest

from tests.integration.lamp_eyes import OnMqtt, OnPanel
from tests.integration.lamp_kills import killed_again_and_again
from tests.integration.lamp_stage import ANNA, BEEPS, BEN, KEYS, US, Keys, stage_at, table
from tests.integration.lamp_traffic import Orders, more
from tests.integration.offhook import Home, offhook_run
from tests.integration.pbx_desk import PREFIX, desk_at, telephones
from tests.integration.running import BASE
from tests.mqtt.pbx_words import PBX_BASE
from tests.mqtt.reader import Reader
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block

pytestmark = [
    pytest.mark.sip,
    pytest.mark.soak,
    pytest.mark.timeout(1800),
    pytest.mark.needs("kamailio", "mosquitto", "openssl", "baresip"),
]

KILLS = int(os.environ.get("OFFHOOK_KILLS", "50"))  # 200 before a release


def says(what: str, took_s: list[float]) -> None:
    """Print how long lamps needed; nothing is asserted about it."""
    took_s.sort()
    middle, most = took_s[len(took_s) // 2], took_s[-1]
    print(f"\n{what}: {len(took_s)} times; lamps true again: median {middle:.2f}, max {most:.2f} s")


async def test_a_broker_that_dies_fifty_times_under_traffic(pbx: Pbx, short_dir: Path) -> None:
    async with desk_at(pbx), stage_at(pbx, short_dir) as stage:
        await stage.bridge.is_registered()
        says("broker killed", await killed_again_and_again(stage, pbx, short_dir, KILLS))


async def test_a_pbx_that_dies_in_a_call(pbx: Pbx, short_dir: Path) -> None:
    """It has forgotten calls and registrations: what was lit before is a lie now."""
    took_s = []
    async with desk_at(pbx), stage_at(pbx, short_dir) as stage:
        for number in range(3):
            folder = short_dir / str(number)
            folder.mkdir()
            async with telephones(pbx, folder, 200, 201) as (ben, _):
                await ben.calls(pbx.uri(201))
                await stage.keys.shows(ANNA, "ringing")
                await asyncio.to_thread(pbx.kill)
                await stage.keys.are_unknown()
                await asyncio.to_thread(pbx.start_part)
                took_s.append(await stage.keys.are_true())
                await stage.keys.shows(ANNA, "offline")
    says("Kamailio killed", took_s)


class GatewayProgram:
    """``offhook pbx-gateway`` in a process of its own."""

    def __init__(self, pbx: Pbx, folder: Path) -> None:
        self._home = Home(
            folder,
            f"pbx: {{id: office}}\ngateway: {{topic: {PREFIX}}}\n"
            f"mqtt: {{broker: {pbx.host}, port: {pbx.mqtt_port}}}\n",
        )
        self._process: Popen[bytes] | None = None

    def start(self) -> None:
        words = ("pbx-gateway", "--config", str(self._home.config))
        self._process = self._home.start(*words, log=self._home.directory / "log")

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


async def test_a_gateway_that_dies_in_a_call_and_comes_back_when_it_is_over(
    pbx: Pbx, short_dir: Path, tmp_path: Path
) -> None:
    gateway, took_s = GatewayProgram(pbx, tmp_path), []
    gateway.start()
    try:
        async with (
            stage_at(pbx, short_dir) as stage,
            telephones(pbx, short_dir, 200, 201) as (ben, anna),
        ):
            office, before = Orders(stage.reader, PBX_BASE), int(table(pbx, "run")["last"])
            for number in range(5):
                await stage.keys.shows(ANNA, "free")
                await office.says("presence", ext="202", presence="away", text=str(number))
                await ben.calls(pbx.uri(201))
                await stage.keys.shows(ANNA, "ringing")
                gateway.kill()
                await stage.keys.are_unknown()
                closed = len(anna.said("CALL_CLOSED"))
                await ben.hangs_up()
                await more(anna, "CALL_CLOSED", closed)
                gateway.start()
                took_s.append(await stage.keys.are_true())
                await office.says_all_again()
                await office.are_refused()
            await office.says("presence", ext="202", presence="none")
            assert int(table(pbx, "run")["last"]) == before + len(office.ids)
    finally:
        gateway.kill()
    says("gateway killed", took_s)


def program_config(pbx: Pbx, panel: OnPanel, rtp_first: int) -> str:
    """The desk with the panel, as a file."""
    keys = "".join(
        f"  - {{position: {key.position}, name: {key.name}, type: {key.type.value}, "
        f'target: "{key.target}"}}\n'
        for key in KEYS
    )
    return (
        "bridge: {id: desk}\n"
        f'account: {{id: desk, user: "{US}", server: "{pbx.host}:{pbx.sip_port}",'
        f" password: {pbx.password(US)}}}\n"
        f"sip: {{rtp_ports: {rtp_first}-{rtp_first + 60}}}\naudio: {{backend: silent}}\n"
        f"mqtt: {{broker: {pbx.host}, port: {pbx.mqtt_port}, allow_dial: true}}\n"
        f"pbx: {{id: office}}\npanels: {{serial: [{panel.panel.path}], find_serial: false}}\n"
        f"favourites:\n{keys}"
    )


async def test_a_bridge_that_dies_in_a_call_leaves_a_panel_that_knows_it(
    pbx: Pbx, short_dir: Path
) -> None:
    panel, took_s = OnPanel(short_dir, KEYS), []
    await panel.plug()
    reader = Reader({"hostname": pbx.host, "port": pbx.mqtt_port}, asks=False)
    with port_block() as port:
        home = Home(short_dir, program_config(pbx, panel, port))
        async with desk_at(pbx), reader, telephones(pbx, short_dir, 200, 201) as (ben, anna):
            desk = Orders(reader, BASE)
            for _ in range(3):
                async with offhook_run(home) as daemon:
                    keys = Keys(pbx, (panel, OnMqtt(reader)), daemon.log)
                    took_s.append(await keys.are_true())
                    await desk.says_all_again()
                    await desk.are_refused()
                    await daemon.address()  # from then on it can dial
                    await desk.says("blf_press", position=BEEPS)
                    await ben.calls(pbx.uri(201))
                    await keys.shows(ANNA, "ringing")
                    await anna.orders("accept")
                    await keys.shows(BEN, "busy")
                    daemon.process.kill()
                    await keys.are_unknown()
                    await ben.hangs_up()
    panel.pull()
    says("bridge killed", took_s)
