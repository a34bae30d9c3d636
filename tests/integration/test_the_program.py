"""``offhook run`` as a process, and what the other words of the command line do with it."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from tests.integration.offhook import Home, Json, offhook_run
from tests.integration.phones import baresip_at
from tests.integration.running import Reader
from tests.integration.waiting import eventually
from tests.pbx.instance import Pbx

pytestmark = [pytest.mark.sip, pytest.mark.needs("mosquitto", "mosquitto-clients")]

ENDS_WITHIN_S = 3.0  # as ports.CallEngine promises, with everything around it


def peer_to_peer(rtp_first: int, port: int = 0) -> str:
    return (
        "bridge: {id: desk}\n"
        'account: {id: desk, user: "200", register: false}\n'
        f"sip: {{bind: 127.0.0.1, port: {port}, rtp_ports: {rtp_first}-{rtp_first + 60}}}\n"
        "audio: {backend: silent}\n"
    )


def at_pbx(pbx: Pbx, extension: int, password: str, rtp_first: int) -> str:
    return (
        "bridge: {id: desk}\n"
        f'account: {{id: desk, user: "{extension}", server: "{pbx.host}:{pbx.sip_port}",'
        f" password: {password}}}\n"
        f"sip: {{rtp_ports: {rtp_first}-{rtp_first + 60}}}\n"
        "audio: {backend: silent}\n"
    )


@pytest.fixture
def home(short_dir: Path, free_port_base: int) -> Home:
    """A configuration without a PBX."""
    return Home(short_dir, peer_to_peer(free_port_base + 100))


def alive(processes: set[int]) -> set[int]:
    """Those that still run."""
    return {pid for pid in processes if Path(f"/proc/{pid}").exists()}


def first(body: Json, name: str) -> Json:
    """The first entry of a list in a status, empty without one."""
    entries = cast("list[Json]", body[name])
    return entries[0] if entries else {}


@pytest.mark.needs("baresip")
async def test_a_call_is_answered_muted_held_and_ended_by_words(
    home: Home, short_dir: Path, free_port_base: int
) -> None:
    uri = f"sip:ada@127.0.0.1:{free_port_base}"
    phone = baresip_at(short_dir / "caller", free_port_base, uri)
    async with offhook_run(home) as daemon, phone as caller:
        address = await daemon.address()
        await caller.calls(f"sip:200@{address}")
        await caller.until("CALL_RINGING")
        assert first(await daemon.status(), "calls")["phase"] == "ringing"
        answered = await daemon.says("answer", "--json")
        assert (answered.code, answered.body["outcome"]) == (0, "done")
        await caller.until("CALL_ESTABLISHED")
        assert (await daemon.says("mute")).code == 0
        assert (await daemon.status())["muted"] is True
        assert (await daemon.says("hold")).code == 0
        assert first(await daemon.status(), "calls")["phase"] == "held"
        assert (await daemon.says("resume")).code == 0
        assert (await daemon.says("dtmf", "42#")).code == 0
        await caller.hears_digits("42#")
        assert (await daemon.says("hangup")).code == 0
        await caller.until("CALL_CLOSED")
        assert (await daemon.status())["calls"] == []


@pytest.mark.needs("baresip")
async def test_it_calls_an_address_and_says_so_when_it_is_told_to_end(
    home: Home, short_dir: Path, free_port_base: int
) -> None:
    uri = f"sip:ada@127.0.0.1:{free_port_base}"
    phone = baresip_at(short_dir / "called", free_port_base, uri)
    async with offhook_run(home) as daemon, phone as called:
        await daemon.address()
        with Reader("--unix", str(home.runtime / "mqtt" / "mqtt.sock")) as reader:
            said = await daemon.says("call", uri, "--json")
            assert (said.code, said.body["detail"]) == (0, "it rings"), said.err
            await called.orders("accept")
            await called.until("CALL_ESTABLISHED")
            await reader.until(lambda: reader.call_state == "connected", "connected")
            took_s = await daemon.ends()
            assert took_s < ENDS_WITHIN_S, daemon.log()
            assert daemon.process.returncode == 0
            await called.until("CALL_CLOSED")
            await reader.until(
                lambda: reader.state("availability")["state"] == "offline", "it says offline"
            )


async def test_stop_ends_it_and_nothing_stays_behind(home: Home) -> None:
    async with offhook_run(home) as daemon:
        await daemon.address()
        children = daemon.children()
        assert len(children) >= 2, "an engine and a private broker"
        assert (await daemon.says("stop")).code == 0
        assert await daemon.has_ended() < ENDS_WITHIN_S
        assert daemon.process.returncode == 0
        assert not alive(children)
        assert not (home.runtime / "control.sock").exists()


async def test_a_daemon_that_is_killed_takes_its_children_along_and_can_start_again(
    home: Home,
) -> None:
    async with offhook_run(home) as daemon:
        await daemon.address()
        children = daemon.children()
        await daemon.ends(signal.SIGKILL)
        await eventually(lambda: not alive(children), "the engine and the broker end, too")
    async with offhook_run(home) as again:
        await again.address()
        assert (await again.status())["health"] == "ok"


async def test_a_state_directory_nobody_can_write_costs_no_call(home: Home) -> None:
    state = home.directory / "state"
    state.write_text("in the way\n")
    async with offhook_run(home) as daemon:
        await daemon.address()
        problems = str((await daemon.status())["problems"])
        assert "calls go on" in problems
        assert str(state) in problems
        assert "let this user write the directory" in problems
        assert "let this user write the directory" in daemon.log()
        with Reader("--unix", str(home.runtime / "mqtt" / "mqtt.sock")) as reader:
            await reader.until(lambda: reader.state("alert/store"), "the alert")
            assert "let this user write" in str(reader.state("alert/store")["text"])


async def test_a_second_daemon_on_the_same_state_directory_is_refused(home: Home) -> None:
    async with offhook_run(home) as daemon:
        second = await daemon.says("run")
        assert second.code == 1
        assert f"(process {daemon.process.pid})" in second.err
        assert "stop it with `offhook stop`, or give this one another state_dir" in second.err
        assert second.err.count("offhook: ") == 1, "one sentence"
        assert (await daemon.status())["pid"] == daemon.process.pid


def test_words_say_how_to_start_a_daemon_when_none_runs(home: Home) -> None:
    said = home.says("status")
    assert said.code == 3
    assert "start one with `offhook run`" in said.err
    assert said.err.count("\n") == 1, "one sentence"


@pytest.fixture
def taken_port() -> Iterator[socket.socket]:
    """A UDP port that somebody else has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken


async def test_a_port_in_use_is_named_and_taken_when_it_is_free(
    taken_port: socket.socket, short_dir: Path, free_port_base: int
) -> None:
    port = taken_port.getsockname()[1]
    home = Home(short_dir, peer_to_peer(free_port_base + 100, port))
    async with offhook_run(home) as daemon:
        problems: list[object] = []
        while not problems:
            problems = cast("list[object]", (await daemon.status())["problems"])
        assert f"port {port}" in str(problems[0]), problems
        assert "in use" in str(problems[0])
        assert (await daemon.says("call", "sip:ada@127.0.0.1")).code == 1
        taken_port.close()
        assert await daemon.address() == f"127.0.0.1:{port}"
        assert (await daemon.status())["health"] == "ok"


def test_everything_that_is_wrong_with_the_configuration_is_said_at_once(short_dir: Path) -> None:
    home = Home(
        short_dir,
        'account:\n  user: "200"\n  sever: pbx.example\n  transport: tsl\n'
        "sip:\n  port: 99999\nmqtt:\n  broker: 7\n  keepalive: 0\nheadset: jabra\n",
    )
    said = home.says("run")
    assert said.code == 4
    told = {int(line.split(":")[1]) for line in said.err.splitlines()}
    assert told >= {3, 4, 6, 9, 10}, said.err
    assert all(line.startswith(f"{home.config}:") for line in said.err.splitlines()), said.err
    checked = home.says("config", "check", "--json")
    assert checked.code == 4
    assert len(cast("list[Json]", checked.body["problems"])) == len(said.err.splitlines())


@pytest.mark.needs("kamailio", "openssl")
async def test_a_wrong_password_is_said_in_the_status_and_on_mqtt(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    home = Home(short_dir, at_pbx(pbx, 201, "wrong", free_port_base + 100))
    async with offhook_run(home) as daemon:
        line: Json = {}
        while line.get("registration") != "failed":
            line = first(await daemon.status(), "lines")
        assert line["sip"] in {401, 403}
        assert "desk" in str(line["reason"])
        assert "password" in str(line["reason"])
        with Reader("--unix", str(home.runtime / "mqtt" / "mqtt.sock")) as reader:
            await reader.until(lambda: reader.state("alert/line-desk"), "the alert")
            assert reader.state("alert/line-desk")["text"] == line["reason"]
        said = await daemon.says("call", "202")
        assert (said.code, "check auth_user and password" in said.err) == (1, True), said.err
        assert f"line-desk: {line['reason']}" in daemon.log()
        assert "wrong" not in daemon.log()


@pytest.mark.needs("kamailio", "openssl")
async def test_a_busy_number_is_said_with_exit_code_and_the_line_is_given_back(
    pbx: Pbx, short_dir: Path, free_port_base: int
) -> None:
    home = Home(short_dir, at_pbx(pbx, 202, pbx.password(202), free_port_base + 100))
    async with offhook_run(home) as daemon:
        while first(await daemon.status(), "lines")["registration"] != "registered":
            assert daemon.process.poll() is None, daemon.log()
        assert str(202) in str(pbx.rpc("ul.dump"))
        with Reader("--unix", str(home.runtime / "mqtt" / "mqtt.sock")) as reader:
            await reader.until(lambda: reader.state("info"), "the broker lets us in")
            said = await daemon.says("call", "794")
            assert said.code == 1
            assert said.err == "offhook: call: failed: the other end is busy (SIP 486)\n"
            await reader.until(lambda: "ended" in reader.moves, "the end of the call")
            cause = {"by": "remote", "sip": 486, "reason": "the other end is busy"}
            assert reader.events("event/call")[-1]["cause"] == cause
        assert "call: the other end is busy (SIP 486)" in daemon.log()
        assert await daemon.ends() < ENDS_WITHIN_S
        assert str(202) not in str(pbx.rpc("ul.dump"))
