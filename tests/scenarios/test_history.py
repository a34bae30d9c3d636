"""The call list as somebody at the desk finds it: each call once, with the right name and kind."""

import asyncio
import json
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from bridge.cli.main import main
from bridge.drivers.store import FILE_NAME, worker
from bridge.model.calls import Phase
from bridge.model.directories import DirectoryFile, DirectorySettings
from bridge.model.effects import PlaceCall
from bridge.model.ids import CallId
from bridge.model.intents import Verb
from tests.scenarios.broker import Json
from tests.scenarios.desk import Desk, desk_with, until
from tests.store.disk import no_file_over

CARDS = """\
BEGIN:VCARD
VERSION:3.0
FN:Jürgen Müller
ORG:Müller & Söhne
TEL;TYPE=WORK:+49 (30) 123-4567
END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Ida Innen
TEL:201
END:VCARD
"""

Capture = pytest.CaptureFixture[str]


async def offhook(desk: Desk, capsys: Capture, *words: str) -> tuple[int, str]:
    """Run the command against the desk's daemon; return its exit code and what it printed."""
    socket = str(desk.daemon.config.control_socket)
    code = await asyncio.to_thread(main, [*words, "--socket", socket])
    out, err = capsys.readouterr()
    return code, out + err


async def calls_of(desk: Desk, capsys: Capture, *more: str) -> list[Json]:
    """The call list, newest first."""
    code, out = await offhook(desk, capsys, "history", "list", "--json", *more)
    assert code == 0, out
    found: list[Json] = json.loads(out)["entries"]
    return found


async def kinds_of(desk: Desk, capsys: Capture) -> list[object]:
    return [entry["kind"] for entry in await calls_of(desk, capsys)]


@pytest.fixture
async def quiet(short_dir: Path) -> AsyncIterator[Desk]:
    """A desk without a headset: everything is done by commands."""
    async with desk_with(short_dir) as running:
        yield running


async def dials(desk: Desk, number: str = "+49301234567") -> CallId:
    """Dial; return the call once it was placed."""
    task = asyncio.create_task(desk.types(Verb.DIAL, number))
    await until(lambda: desk.call, "the call is placed")
    assert desk.call is not None
    call = desk.call.call
    desk.line.peer_rings(call)
    await task
    return call


# -- kinds --------------------------------------------------------------------


async def test_a_call_nobody_answers_is_missed(quiet: Desk, capsys: Capture) -> None:
    call = await quiet.is_called("+49301234567", "Ada Example")
    quiet.line.peer_hangs_up(call)
    await quiet.no_call()
    (entry,) = await calls_of(quiet, capsys)
    assert entry["kind"] == "missed"
    assert (entry["number"], entry["name"]) == ("+49301234567", "Ada Example")
    assert entry["answer_ms"] is None
    assert entry["talked_s"] == 0
    assert entry["call"] == call


async def test_a_call_answered_on_the_headset_is_received_on_it(
    desk: Desk, capsys: Capture
) -> None:
    headset = desk.headsets[0]
    call = await desk.is_in_a_call(headset)
    desk.passes(75)
    desk.line.peer_hangs_up(call)
    await desk.no_call()
    (entry,) = await calls_of(desk, capsys)
    assert (entry["kind"], entry["talked_s"], entry["device"]) == ("received", 75, headset.name)
    assert entry["reason"] == "the other end hung up"


async def test_a_dialled_call_is_outgoing_whether_answered_or_not(
    quiet: Desk, capsys: Capture
) -> None:
    first = await dials(quiet)
    quiet.line.peer_rejects(first, 486)
    await quiet.no_call()
    second = await dials(quiet)
    quiet.line.peer_answers(second)
    await quiet.call_is(Phase.CONNECTED)
    quiet.passes(10)
    quiet.line.peer_hangs_up(second)
    await quiet.no_call()
    newest, older = await calls_of(quiet, capsys)
    assert (newest["kind"], newest["talked_s"]) == ("outgoing", 10)
    assert (older["kind"], older["sip"], older["reason"]) == (
        "outgoing",
        486,
        "the other end is busy",
    )


async def test_a_call_that_is_refused_here_is_rejected(quiet: Desk, capsys: Capture) -> None:
    await quiet.is_called()
    await quiet.types(Verb.REJECT)
    await quiet.no_call()
    assert await kinds_of(quiet, capsys) == ["rejected"]


async def test_a_call_that_a_colleague_took_is_not_missed(quiet: Desk, capsys: Capture) -> None:
    call = await quiet.is_called()
    quiet.line.peer_hangs_up(call, elsewhere=True)
    await quiet.no_call()
    assert await kinds_of(quiet, capsys) == ["elsewhere"]


async def test_a_third_caller_who_hears_busy_is_missed(quiet: Desk, capsys: Capture) -> None:
    first, second = await quiet.is_called("201"), await quiet.is_called("202")
    third = quiet.line.peer_calls("+49301234567", "Late Caller")
    await until(lambda: third not in quiet.line.calls, "the third hears busy")
    (entry,) = await calls_of(quiet, capsys)
    assert (entry["kind"], entry["name"], entry["sip"]) == ("missed", "Late Caller", 486)
    assert str(entry["reason"]).startswith("refused as busy: ")
    quiet.line.peer_hangs_up(first)
    quiet.line.peer_hangs_up(second)
    await until(lambda: not quiet.view.calls, "both are gone")
    assert len(await calls_of(quiet, capsys)) == 3


async def test_somebody_who_calls_while_do_not_disturb_is_on_is_missed(
    quiet: Desk, capsys: Capture
) -> None:
    await quiet.types(Verb.DND_ON)
    call = quiet.line.peer_calls("201", "Ada Example")
    await until(lambda: call not in quiet.line.calls, "it hears busy")
    assert await kinds_of(quiet, capsys) == ["missed"]


async def test_an_engine_that_dies_leaves_each_of_its_calls_once(
    quiet: Desk, capsys: Capture
) -> None:
    await quiet.is_called("201")
    await quiet.types(Verb.ANSWER)
    await quiet.call_is(Phase.CONNECTED)
    await quiet.is_called("202")
    quiet.line.dies()
    await until(lambda: not quiet.view.calls, "the calls are gone")
    found = await calls_of(quiet, capsys)
    assert [(e["kind"], e["number"]) for e in found] == [("missed", "202"), ("received", "201")]
    assert {e["reason"] for e in found} == {"the SIP engine died"}


async def test_a_daemon_that_is_stopped_in_a_call_writes_its_end_down(
    short_dir: Path, capsys: Capture
) -> None:
    async with desk_with(short_dir) as desk:
        await desk.is_called("201")
    async with desk_with(short_dir) as desk:
        (entry,) = await calls_of(desk, capsys)
    assert (entry["kind"], entry["reason"]) == ("missed", "the program ends")


# -- what it is for -----------------------------------------------------------


async def test_a_missed_call_is_called_back_on_its_line(quiet: Desk, capsys: Capture) -> None:
    call = await quiet.is_called("+49301234567")
    quiet.line.peer_hangs_up(call)
    await quiet.no_call()
    (entry,) = await calls_of(quiet, capsys)
    running = asyncio.create_task(offhook(quiet, capsys, "history", "call", str(entry["entry"])))
    await until(lambda: quiet.call, "it dials")
    (order,) = [o for o in quiet.orders if isinstance(o, PlaceCall)]
    assert (order.target, order.account) == ("+49301234567", "desk")
    quiet.line.peer_rings(order.call)
    assert (await running)[0] == 0


async def test_a_hidden_caller_cannot_be_called_back(quiet: Desk, capsys: Capture) -> None:
    call = await quiet.is_called("anonymous")
    quiet.line.peer_hangs_up(call)
    await quiet.no_call()
    (entry,) = await calls_of(quiet, capsys)
    code, said = await offhook(quiet, capsys, "history", "call", str(entry["entry"]))
    assert code == 1
    assert "the caller hid the number" in said


async def test_redial_and_what_is_switched_survive_a_restart(short_dir: Path) -> None:
    async with desk_with(short_dir) as desk:
        call = await dials(desk, "+49301234567")
        desk.line.peer_hangs_up(call)
        await desk.no_call()
        await desk.types(Verb.DND_ON)
        await desk.types(Verb.WAITING_OFF)
        await desk.types(Verb.LOCK)
    async with desk_with(short_dir) as desk:
        assert desk.view.do_not_disturb
        assert desk.view.locked
        assert not desk.view.call_waiting
        await desk.types(Verb.UNLOCK)
        task = asyncio.create_task(desk.types(Verb.REDIAL))
        await until(lambda: desk.call, "it dials")
        assert desk.call is not None
        assert desk.call.remote.number == "+49301234567"
        desk.line.peer_rings(desk.call.call)
        assert (await task)["outcome"] == "done"


async def test_with_0_days_nothing_about_calls_reaches_the_disk(
    short_dir: Path, capsys: Capture
) -> None:
    async with desk_with(short_dir, history_days=0) as desk:
        call = await dials(desk, "+49301234567")
        desk.line.peer_hangs_up(call)
        await desk.no_call()
        assert await calls_of(desk, capsys) == []
        assert desk.daemon.switchboard.state.last_dialed
    async with desk_with(short_dir, history_days=0) as desk:
        assert desk.daemon.switchboard.state.last_dialed == ""
    assert b"1234567" not in (short_dir / "state" / FILE_NAME).read_bytes()


async def test_the_file_is_its_owners_alone(quiet: Desk, capsys: Capture) -> None:
    await calls_of(quiet, capsys)
    files = list((quiet.directory / "state").glob(f"{FILE_NAME}*"))
    assert len(files) >= 2  # the write-ahead log is there while the daemon runs
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


# -- names --------------------------------------------------------------------


@pytest.fixture
async def known(short_dir: Path) -> AsyncIterator[Desk]:
    """A desk with a directory of two people."""
    cards = short_dir / "team.vcf"
    cards.write_text(CARDS)
    settings = DirectorySettings((DirectoryFile("team", str(cards)),))
    async with desk_with(short_dir, directories=settings) as running:
        yield running


async def test_a_caller_is_shown_by_the_name_of_the_directory(known: Desk, capsys: Capture) -> None:
    call = await known.is_called("0301234567", "030-Berlin")
    await until(
        lambda: known.call and known.call.remote.name == "Jürgen Müller", "the name is known"
    )
    _, out = await offhook(known, capsys, "status")
    assert "0301234567 Jürgen Müller" in out
    known.line.peer_hangs_up(call)
    await known.no_call()
    (entry,) = await calls_of(known, capsys)
    assert (entry["name"], entry["company"]) == ("Jürgen Müller", "Müller & Söhne")
    code, out = await offhook(known, capsys, "history", "search", "mueller", "soehne")
    assert code == 0
    assert "Jürgen Müller" in out


async def test_mqtt_never_gets_the_name(known: Desk) -> None:
    (known.directory / "team.vcf").write_text(CARDS.replace("123-4567", "987-6543"))
    await known.is_called("0309876543")
    await until(lambda: known.call and known.call.remote.name, "the name is known")
    await until(lambda: known.broker.calls, "the call is published")
    said = json.dumps(known.broker.all_events()) + json.dumps(known.broker.calls)
    assert "ller" not in said
    assert "9876543" not in said


async def test_who_hears_busy_is_named_as_well(known: Desk, capsys: Capture) -> None:
    await known.types(Verb.DND_ON)
    call = known.line.peer_calls("201", "")
    await until(lambda: call not in known.line.calls, "it hears busy")
    history = known.daemon.records
    await until(lambda: not history.is_naming, "the name was looked up")
    found = await calls_of(known, capsys)
    assert [(e["kind"], e["name"]) for e in found] == [("missed", "Ida Innen")]


async def test_a_directory_that_changed_is_read_at_the_next_call(known: Desk) -> None:
    file = known.directory / "team.vcf"
    file.write_text(CARDS.replace("Ida Innen", "Uwe Umbenannt"))
    await known.is_called("201")
    await until(
        lambda: known.call and known.call.remote.name == "Uwe Umbenannt", "the new name is shown"
    )


async def test_broken_cards_are_told_and_the_others_used(known: Desk, capsys: Capture) -> None:
    file = known.directory / "team.vcf"
    file.write_text("BEGIN:VCARD\nFN:Nobody\nTEL\nEND:VCARD\n" + CARDS)
    code, said = await offhook(known, capsys, "contacts", "reload")
    assert code == 1
    assert "team.vcf: 1 of 3 entries cannot be used: line 1: expected NAME:value in TEL" in said
    assert any("1 of 3 entries" in problem for problem in known.view.problems)
    await known.is_called("201")
    await until(lambda: known.call and known.call.remote.name == "Ida Innen", "the others work")


async def test_a_directory_that_is_gone_is_told_and_kept_until_it_is_back(
    known: Desk, capsys: Capture
) -> None:
    code, _ = await offhook(known, capsys, "contacts", "reload")
    assert code == 0
    file = known.directory / "team.vcf"
    file.unlink()
    code, said = await offhook(known, capsys, "contacts", "reload")
    assert code == 1
    assert "team.vcf cannot be read (No such file or directory)" in said
    _, out = await offhook(known, capsys, "contacts", "search", "innen")
    assert "Ida Innen" in out
    file.write_text(CARDS)
    code, said = await offhook(known, capsys, "contacts", "reload")
    assert (code, said) == (0, "directories are read\n")
    assert known.view.problems == ()


# -- accidents ----------------------------------------------------------------


async def test_a_damaged_file_is_put_aside_and_told(short_dir: Path, capsys: Capture) -> None:
    state = short_dir / "state"
    state.mkdir()
    (state / FILE_NAME).write_bytes(b"SQLite format 3\0" + b"\xa5" * 8192)
    async with desk_with(short_dir) as desk:
        call = await desk.is_called()
        desk.line.peer_hangs_up(call)
        await desk.no_call()
        assert await kinds_of(desk, capsys) == ["missed"]
        await until(lambda: any("was damaged" in p for p in desk.view.problems), "it is told")
    assert (state / f"{FILE_NAME}.damaged").read_bytes().startswith(b"SQLite format 3\0\xa5")
    with closing(sqlite3.connect(state / FILE_NAME)) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_a_daemon_that_was_killed_in_a_call_leaves_it_once(
    short_dir: Path, capsys: Capture
) -> None:
    async with desk_with(short_dir) as desk:
        await desk.is_called("201", "Ada Example")
        await calls_of(desk, capsys)  # answered behind what was written
        left = {f.name: f.read_bytes() for f in (short_dir / "state").glob(f"{FILE_NAME}*")}
    for name, content in left.items():  # as if it had never ended
        (short_dir / "state" / name).write_bytes(content)
    async with desk_with(short_dir) as desk:
        (entry,) = await calls_of(desk, capsys)
    assert (entry["kind"], entry["name"]) == ("missed", "Ada Example")
    assert entry["reason"] == "Offhook ended during the call"


async def test_on_a_full_disk_calls_go_on_and_none_is_lost(
    desk: Desk, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "RETRY_S", 0.02)
    headset = desk.headsets[0]
    await calls_of(desk, capsys)
    size = (desk.directory / "state" / f"{FILE_NAME}-wal").stat().st_size
    with no_file_over(size + 2048):
        call = await desk.is_in_a_call(headset)
        desk.line.peer_hangs_up(call)
        await desk.no_call()
        await until(lambda: any("make room" in p for p in desk.view.problems), "it is told")
        await headset.shows()
    await until(lambda: desk.view.problems == (), "it works again")
    assert await kinds_of(desk, capsys) == ["received"]
