"""Other people's programs: dunst shows a call and is pressed, mpv is silent in a call."""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bridge.model.desktop import DesktopSettings
from bridge.model.intents import Verb
from tests.conftest import find_program
from tests.desktop.conftest import MakeDesk
from tests.desktop.services import until
from tests.drivers.message_bus import MessageBus

QUIET = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}


@pytest.fixture
def display() -> Iterator[str]:
    """A screen nobody sees."""
    program = find_program("Xvfb")
    assert program
    ours, theirs = os.pipe()
    with subprocess.Popen(
        [program, "-displayfd", str(theirs), "-screen", "0", "640x480x24"],
        pass_fds=(theirs,),
        **QUIET,  # type: ignore[call-overload]
    ) as server:
        os.close(theirs)
        with os.fdopen(ours) as numbers:
            number = numbers.readline().strip()
        assert number, "the X server did not start"
        try:
            yield f":{number}"
        finally:
            server.terminate()


@asynccontextmanager
async def program(*argv: str, **env: str) -> AsyncIterator[None]:
    """Run a program."""
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        *argv, env=os.environ | env, stdout=quiet, stderr=quiet, stdin=quiet
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def says(*argv: str, **env: str) -> str:
    """Return what a program prints."""
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=os.environ | env,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    return (await process.communicate())[0].decode()


async def until_says(words: str, *argv: str, **env: str) -> None:
    """Wait until a program prints something."""
    said = ""
    try:
        async with asyncio.timeout(20):
            while words not in (said := await says(*argv, **env)):  # noqa: ASYNC110  # asked anew
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"expected {words!r} from {argv}, found {said!r}") from None


@pytest.mark.needs("dbus", "dunst")
@pytest.mark.parametrize(("label", "phases"), [("Answer", ["connected"]), ("Reject", [])])
async def test_dunst_shows_a_call_and_its_keys_work(
    bus: MessageBus, desk_on: MakeDesk, display: str, tmp_path: Path, label: str, phases: list[str]
) -> None:
    env = {"DBUS_SESSION_BUS_ADDRESS": bus.address, "DISPLAY": display, "HOME": str(tmp_path)}
    chooser = tmp_path / "chooser"  # dunst lets a program of the user's show keys as a menu
    chooser.write_text(f"#!/bin/sh\ntee {tmp_path}/menu | grep {label}\n")
    chooser.chmod(0o700)
    (tmp_path / "dunstrc").write_text(f"[global]\n dmenu = {chooser}\n")
    async with desk_on() as desk:
        await desk.is_called()
        await until(lambda: desk.problems, "there is no service yet")
        async with program("dunst", "-conf", str(tmp_path / "dunstrc"), **env):
            await until(lambda: not desk.problems, "dunst has it")
            await until_says("displayed: 1", "dunstctl", "count", **env)
            await says("dunstctl", "context", **env)
            await until(lambda: desk.phases == phases, f"{label} is done")
            await until_says("displayed: 0", "dunstctl", "count", **env)


@pytest.mark.needs("dbus", "mpv")
async def test_mpv_is_silent_in_a_call_and_goes_on_after_it(
    bus: MessageBus, desk_on: MakeDesk, tmp_path: Path
) -> None:
    env = {"DBUS_SESSION_BUS_ADDRESS": bus.address, "HOME": str(tmp_path)}
    status = ("playerctl", "--player=mpv", "status")
    settings = DesktopSettings(enabled=True, notices=frozenset(), pause_players=True)
    noise = "av://lavfi:anoisesrc=r=8000"  # for ever
    async with program("mpv", "--no-video", "--ao=null", noise, **env), desk_on(settings) as desk:
        await until_says("Playing", *status, **env)
        await desk.is_called()
        desk.does(Verb.ANSWER)
        await until_says("Paused", *status, **env)
        desk.does(Verb.HANGUP)
        await until_says("Playing", *status, **env)
