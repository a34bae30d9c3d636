"""The page's server against bytes on a real socket: files, headers, readers that stall."""

import asyncio
import json
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bridge.drivers.http import page_server
from bridge.drivers.http.page_ports import PageAnswer, PageAsked, PageListener
from bridge.drivers.http.page_server import PageServer
from bridge.model.errors import TransportError
from bridge.model.page import PageSettings


class Listener:
    """Says a lot, as fast as it is taken."""

    def __init__(self) -> None:
        self.closed = asyncio.Event()

    async def news(self) -> bytes:
        await asyncio.sleep(0)
        return b"data: " + b"x" * 100_000 + b"\n\n"

    def beat(self) -> bytes:
        return b"event: beat\n\n"

    def close(self) -> None:
        self.closed.set()


class Handler:
    """Answers what it is told, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[PageAsked] = []
        self.listener = Listener()
        self.reply = PageAnswer(200, b"{}", cookie="secret")

    async def answer(self, asked: PageAsked) -> PageAnswer:
        self.asked.append(asked)
        return self.reply

    def listen(self, asked: PageAsked) -> PageListener | PageAnswer:
        self.asked.append(asked)
        return self.listener


@asynccontextmanager
async def running(directory: Path, **settings: object) -> AsyncIterator[tuple[PageServer, Handler]]:
    handler = Handler()
    configured = PageSettings(enabled=True, port=0, **settings)  # type: ignore[arg-type]  # of a test
    server = PageServer(
        configured, directory, handler, lambda: b'{"openapi": "3.1.0"}', lambda: 0.0
    )
    async with server:
        yield server, handler


async def says(server: PageServer, lines: str, tls: ssl.SSLContext | None = None) -> bytes:
    host, _, port = server.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), ssl=tls)
    try:
        request = lines.replace("HOST", server.address).replace("\n", "\r\n")
        writer.write(f"{request}\r\nConnection: close\r\n\r\n".encode())
        return await asyncio.wait_for(reader.read(), 20.0)
    finally:
        writer.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    page = tmp_path / "page"
    (page / "see").mkdir(parents=True)
    (page / "index.html").write_text("<p>hello</p>")
    (page / "see" / "idle.js").write_text("export {}")
    (page / "README.md").write_text("not for browsers")
    (tmp_path / "secret.json").write_text("{}")
    (page / "link.json").symlink_to(tmp_path / "secret.json")
    return page


async def test_a_file_comes_once_and_again_when_it_has_changed(files: Path) -> None:
    async with running(files) as (server, _):
        first = await says(server, "GET / HTTP/1.1\nHost: HOST")
        assert first.endswith(b"<p>hello</p>")
        tag = next(i for i in first.decode().split("\r\n") if i.startswith("etag: "))[6:]
        again = await says(server, f"GET / HTTP/1.1\nHost: HOST\nIf-None-Match: {tag}")
        assert again.startswith(b"HTTP/1.1 304 ")
        script = await says(server, "GET /page/see/idle.js HTTP/1.1\nHost: HOST")
        assert b"content-type: text/javascript" in script


@pytest.mark.parametrize(
    "path",
    ["page/README.md", "page/../secret.json", "page/%2e%2e/secret.json", "page/link.json",
     "page//etc/passwd", "page/see", "page/x%00.js", "etc/passwd", "page/..%2fsecret.json"],
)  # fmt: skip
async def test_nothing_beside_the_page_is_given_out(files: Path, path: str) -> None:
    async with running(files) as (server, _):
        answer = await says(server, f"GET /{path} HTTP/1.1\nHost: HOST")
        assert answer.split(b" ")[1] == b"404"


async def test_every_answer_is_protected_and_the_cookie_is_for_no_script(files: Path) -> None:
    async with running(files) as (server, handler):
        lines = "POST /api/1/x HTTP/1.1\nHost: HOST\nOrigin: http://HOST\nContent-Length: 0"
        for answer in (await says(server, lines), await says(server, "GET / HTTP/1.1\nHost: HOST")):
            head = answer.partition(b"\r\n\r\n")[0].lower()
            assert b"content-security-policy: default-src 'none'" in head
            assert b"x-frame-options: deny" in head
            assert b"server:" not in head
        cookie = (await says(server, lines)).lower()
        assert b"; httponly; " in cookie
        assert b"; path=/api/1/; samesite=strict" in cookie
        assert handler.asked[0].is_here


async def test_a_reader_that_takes_nothing_is_cut_off(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server, "STALLED_S", 0.05)
    async with running(files) as (server, handler):
        host, _, port = server.address.rpartition(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1)
        writer.write(f"GET /api/1/events HTTP/1.1\r\nHost: {server.address}\r\n\r\n".encode())
        await asyncio.wait_for(handler.listener.closed.wait(), 20.0)
        writer.close()


async def test_a_reader_who_hears_nothing_hears_that_we_are_there(
    files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server, "HEARTBEAT_S", 0.01)
    async with running(files) as (server, handler):
        monkeypatch.setattr(handler.listener, "news", asyncio.Event().wait)
        host, _, port = server.address.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /api/1/events HTTP/1.1\r\nHost: {server.address}\r\n\r\n".encode())
        await asyncio.wait_for(reader.readuntil(b"event: beat"), 20.0)
        writer.close()
        await asyncio.wait_for(handler.listener.closed.wait(), 20.0)


def make_certificate(key: Path, certificate: Path) -> None:
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj"
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*words.split(), "/CN=localhost", *files], check=True, capture_output=True)


@pytest.mark.needs("openssl")
async def test_with_a_certificate_everything_is_encrypted(files: Path, tmp_path: Path) -> None:
    key, certificate = tmp_path / "k.pem", tmp_path / "c.pem"
    await asyncio.to_thread(make_certificate, key, certificate)
    trusted = ssl.create_default_context(cafile=certificate)
    trusted.check_hostname = False
    async with running(files, certificate=str(certificate), key=str(key)) as (server, _):
        lines = "POST /api/1/x HTTP/1.1\nHost: HOST\nOrigin: https://HOST\nContent-Length: 0"
        answer = await says(server, lines, trusted)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"; secure" in answer.lower()


async def test_a_certificate_that_cannot_be_used_is_one_clear_sentence(files: Path) -> None:
    with pytest.raises(TransportError, match=r"page\.tls cannot be used"):
        async with running(files, certificate="/nonexistent", key="/nonexistent"):
            pass


async def test_the_document_is_open(files: Path) -> None:
    async with running(files) as (server, _):
        answer = await says(server, "GET /api/1/openapi.json HTTP/1.1\nHost: HOST")
        assert json.loads(answer.partition(b"\r\n\r\n")[2]) == {"openapi": "3.1.0"}
