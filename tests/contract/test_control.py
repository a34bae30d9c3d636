"""The control socket as its owner, a stranger, a stuck reader and a second daemon meet it."""

# ruff: noqa: ASYNC240  # the tests look at the file system themselves

import asyncio
import os
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bridge.cli.client import Client, NotRunningError, RefusedError
from bridge.drivers.control import AlreadyRunningError, ControlServer
from bridge.drivers.control import listener as listener_module
from bridge.drivers.control.listener import LONGEST_PATH, credentials, refusal_of
from bridge.drivers.control.server import MAX_CLIENTS, MAX_UNREAD_BYTES
from bridge.model.errors import TransportError
from bridge.model.ids import AccountId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.model.trace import Stage, TraceEntry
from bridge.protocols.control_answers import Refusal, Result, Traced, decode_answer
from bridge.protocols.control_lines import LINE_BYTES
from bridge.protocols.control_wire import (
    GetDevices,
    GetStatus,
    GiveIntent,
    Ping,
    Question,
    Stop,
    WatchTrace,
    encode_question,
)
from tests.control_daemon import SmallDaemon

LIMIT_S = 10.0  # for whatever must come; nothing here takes a tenth of it


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run" / "control.sock"


async def ask(path: Path, question: Question) -> dict[str, object]:
    """Ask as the command does, on a thread, because it blocks."""

    def talk() -> dict[str, object]:
        with Client(path) as client:
            return client.ask(question)

    return await asyncio.wait_for(asyncio.to_thread(talk), LIMIT_S)


async def refusal(path: Path, data: bytes) -> str:
    """Send bytes and return the reason of the first line that comes back."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(data)
    answer = decode_answer(await asyncio.wait_for(reader.readline(), LIMIT_S))
    writer.close()
    assert isinstance(answer, Refusal)
    return answer.reason


# -- asking -------------------------------------------------------------------


async def test_status_devices_and_ping_are_answered(path: Path) -> None:
    async with ControlServer(path, SmallDaemon()):
        assert await ask(path, GetStatus()) == {"health": "ok", "calls": []}
        devices = await ask(path, GetDevices())
        assert devices["devices"] == [{"device": "jabra-evolve-link", "name": "Jabra EVOLVE LINK"}]
        assert await ask(path, Ping()) == {"pid": os.getpid()}


async def test_an_intent_reaches_the_daemon_and_its_outcome_comes_back(path: Path) -> None:
    daemon = SmallDaemon()
    intent = Intent(Verb.DIAL, target="100", account=AccountId("line-1"))
    async with ControlServer(path, daemon):
        body = await ask(path, GiveIntent(intent))
    assert daemon.intents == [intent]
    assert body == {"outcome": "done", "detail": "", "call": "abc"}


async def test_stop_is_answered_before_the_daemon_ends(path: Path) -> None:
    daemon = SmallDaemon()
    async with ControlServer(path, daemon):
        assert await ask(path, Stop()) == {"pid": os.getpid()}
        await asyncio.wait_for(daemon.stopped.wait(), LIMIT_S)


async def test_questions_in_one_go_are_answered_in_order(path: Path) -> None:
    async with ControlServer(path, SmallDaemon()):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"".join(encode_question(n, Ping()) for n in range(1, 101)))
        lines = [await asyncio.wait_for(reader.readline(), LIMIT_S) for _ in range(100)]
        writer.close()
    assert [decode_answer(line).id for line in lines] == list(range(1, 101))


async def test_a_handler_that_fails_gives_a_sentence_and_the_connection_stays(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(SmallDaemon):
        async def status(self) -> dict[str, object]:
            raise RuntimeError("boom")

    def talk() -> dict[str, object]:
        with Client(path) as client:
            with pytest.raises(RefusedError, match="could not answer: see its log"):
                client.ask(GetStatus())
            return client.ask(Ping())

    async with ControlServer(path, Broken()):
        assert await asyncio.to_thread(talk) == {"pid": os.getpid()}
    assert "no answer to GetStatus" in caplog.text


async def test_an_intent_nobody_answers_ends_with_a_sentence(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stuck(SmallDaemon):
        async def give_intent(self, intent: Intent) -> object:  # type: ignore[override]
            return await asyncio.get_running_loop().create_future()

    monkeypatch.setattr("bridge.drivers.control.server.INTENT_S", 0.05)
    async with ControlServer(path, Stuck()):  # type: ignore[arg-type]
        body = await ask(path, GiveIntent(Intent(Verb.ANSWER)))
    assert body["outcome"] == Outcome.FAILED.value
    assert "no answer within" in str(body["detail"])


# -- the trace ----------------------------------------------------------------


async def test_the_trace_streams_until_the_watcher_leaves(path: Path) -> None:
    changed = asyncio.Event()
    daemon = SmallDaemon(on_tracer=changed.set)
    entries = [TraceEntry(float(n), Stage.KEY, "d", f"hook {n}") for n in range(3)]
    seen: list[TraceEntry] = []

    def watch() -> None:
        with Client(path) as client:
            stream = client.watch(WatchTrace())
            seen.extend(entry for entry, _ in zip(stream, entries, strict=False))

    async with ControlServer(path, daemon):
        watcher = asyncio.create_task(asyncio.to_thread(watch))
        await asyncio.wait_for(changed.wait(), LIMIT_S)
        changed.clear()
        for entry in [*entries, entries[0]]:
            daemon.trace(entry)
        await asyncio.wait_for(watcher, LIMIT_S)
        await asyncio.wait_for(changed.wait(), LIMIT_S)
        assert daemon.tracers == []
    assert seen == entries


async def test_an_entry_made_while_the_watch_begins_comes_after_the_answer(path: Path) -> None:
    entry = TraceEntry(1.0, Stage.NOTE, "", "somebody watches")
    daemon = SmallDaemon()
    daemon.on_tracer = lambda: daemon.trace(entry)
    async with ControlServer(path, daemon):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(encode_question(1, WatchTrace()))
        lines = [await asyncio.wait_for(reader.readline(), LIMIT_S) for _ in range(2)]
        writer.close()
    assert [decode_answer(line) for line in lines] == [Result(1, {}), Traced(1, entry)]


async def test_one_connection_watches_once(path: Path) -> None:
    async with ControlServer(path, SmallDaemon()):
        reason = await refusal_after(path, WatchTrace(), WatchTrace())
    assert reason == "this connection already watches the trace"


async def refusal_after(path: Path, first: Question, second: Question) -> str:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(encode_question(1, first) + encode_question(2, second))
    await asyncio.wait_for(reader.readline(), LIMIT_S)
    answer = decode_answer(await asyncio.wait_for(reader.readline(), LIMIT_S))
    writer.close()
    assert isinstance(answer, Refusal)
    return answer.reason


async def test_a_watcher_that_does_not_read_is_cut_off_and_the_others_are_served(
    path: Path,
) -> None:
    changed = asyncio.Event()
    daemon = SmallDaemon(on_tracer=changed.set)
    entry = TraceEntry(1.0, Stage.REPORT, "d", "x" * 1000)
    async with ControlServer(path, daemon):
        stuck = socket.socket(socket.AF_UNIX)
        stuck.connect(str(path))
        stuck.sendall(encode_question(1, WatchTrace()))
        await asyncio.wait_for(changed.wait(), LIMIT_S)
        changed.clear()
        # The kernel buffers some 200 KiB, we MAX_UNREAD_BYTES; four times both is enough.
        for _ in range(4 * (MAX_UNREAD_BYTES + 2**18) // 1000):
            daemon.trace(entry)
        await asyncio.wait_for(changed.wait(), LIMIT_S)
        assert daemon.tracers == []
        assert await ask(path, Ping()) == {"pid": os.getpid()}
        stuck.close()


# -- bad input ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "found no JSON"),
        (b"\x00" * 100 + b"\n", "found no JSON"),
        (b"x" * (LINE_BYTES + 1), f"found a line of {LINE_BYTES} bytes or more"),
    ],
)
async def test_foreign_bytes_get_a_sentence(path: Path, data: bytes, reason: str) -> None:
    async with ControlServer(path, SmallDaemon()):
        assert reason in await refusal(path, data)
        assert await ask(path, Ping()) == {"pid": os.getpid()}


async def test_a_line_without_end_closes_the_connection(path: Path) -> None:
    async with ControlServer(path, SmallDaemon()):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"x" * (LINE_BYTES + 1))
        assert len((await asyncio.wait_for(reader.read(), LIMIT_S)).splitlines()) == 1
        writer.close()


async def test_the_33rd_client_is_told_and_a_place_that_is_left_is_given_again(
    path: Path,
) -> None:
    async with ControlServer(path, SmallDaemon()):
        others = [await asyncio.open_unix_connection(path) for _ in range(MAX_CLIENTS)]
        for n, (reader, writer) in enumerate(others, 1):
            writer.write(encode_question(n, Ping()))
            await asyncio.wait_for(reader.readline(), LIMIT_S)
        with pytest.raises(RefusedError, match="32 clients are connected"):
            await ask(path, Ping())
        others[0][1].close()
        await others[0][1].wait_closed()
        assert await until_served(path) == {"pid": os.getpid()}
        for _, writer in others:
            writer.close()


async def until_served(path: Path) -> dict[str, object]:
    """Ask until the server has noticed that a client left."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await ask(path, Ping())
            except RefusedError:
                await asyncio.sleep(0)


# -- owner and neighbours -----------------------------------------------------


async def test_only_the_owner_can_reach_the_socket(path: Path) -> None:
    async with ControlServer(path, SmallDaemon()):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("uid", "served"), [(os.getuid(), True), (0, True), (os.getuid() + 12345, False)]
)
def test_a_connection_is_judged_by_its_user(
    uid: int, served: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = socket.socketpair()
    assert credentials(here) == (os.getpid(), os.getuid(), os.getgid())
    monkeypatch.setattr(listener_module, "credentials", lambda _: (1, uid, uid))
    reason = refusal_of(here, 0, MAX_CLIENTS)
    assert (reason == "") is served
    assert served or "ask it as its owner" in reason
    here.close()
    there.close()


async def test_leaving_removes_the_socket_and_closes_connections(path: Path) -> None:
    async with ControlServer(path, SmallDaemon()):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(encode_question(1, Ping()))
        await asyncio.wait_for(reader.readline(), LIMIT_S)
    assert not path.exists()
    assert await asyncio.wait_for(reader.read(), LIMIT_S) == b""
    writer.close()


async def test_a_socket_nobody_listens_on_any_more_is_replaced(path: Path) -> None:
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with ControlServer(path, SmallDaemon()):
        assert await ask(path, Ping()) == {"pid": os.getpid()}


async def test_a_second_daemon_on_the_same_socket_is_refused_and_the_first_lives_on(
    path: Path,
) -> None:
    async with ControlServer(path, SmallDaemon()):
        with pytest.raises(AlreadyRunningError, match=rf"already listens .*process {os.getpid()}"):
            async with ControlServer(path, SmallDaemon()):
                pass
        assert await ask(path, Ping()) == {"pid": os.getpid()}


async def test_a_file_that_is_no_socket_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(TransportError, match="a file of another kind"):
        async with ControlServer(path, SmallDaemon()):
            pass
    assert path.read_text() == "precious"


async def test_a_path_that_no_socket_can_have_is_refused(tmp_path: Path) -> None:
    long = tmp_path / ("x" * LONGEST_PATH)
    with pytest.raises(TransportError, match=r"more than 107 bytes; set control.socket"):
        async with ControlServer(long, SmallDaemon()):
            pass


# -- the client's view --------------------------------------------------------


def test_without_a_daemon_the_sentence_says_how_to_start_one(path: Path) -> None:
    with (
        pytest.raises(NotRunningError, match=r"no daemon answers at .*start one with"),
        Client(path),
    ):
        pass


@pytest.fixture
def impostor(path: Path) -> Iterator[Callable[[bytes], None]]:
    """A program on the socket that answers every connection with given bytes and closes."""
    path.parent.mkdir()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    threads: list[threading.Thread] = []

    def serve(answer: bytes) -> None:
        def once() -> None:
            connection, _ = listener.accept()
            connection.recv(1000)
            connection.sendall(answer)
            connection.close()

        threads.append(threading.Thread(target=once))
        threads[-1].start()

    yield serve
    for thread in threads:
        thread.join(LIMIT_S)
    listener.close()


@pytest.mark.parametrize(
    ("answer", "error", "reason"),
    [
        (b"", NotRunningError, "went away"),
        (b'{"id":1,"res', NotRunningError, "went away"),
        (b"220 mail.example.org ESMTP\r\n", RefusedError, "does not speak our language"),
        (b'{"id":1,"refusal":"not today"}\n', RefusedError, "not today"),
    ],
)
def test_what_is_no_daemon_gives_one_sentence(
    path: Path,
    impostor: Callable[[bytes], None],
    answer: bytes,
    error: type[Exception],
    reason: str,
) -> None:
    impostor(answer)
    with Client(path) as client, pytest.raises(error, match=reason):
        client.ask(Ping())
