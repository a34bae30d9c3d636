"""Desk phones that behave as the documents say: bytes in, bytes out, no real phone seen.

A phone is set up with the very lines we print for it, so it knows no URL but those. It takes orders
in its vendor's way on a port of its own, and tells what happens, each event on a connection of its
own, from threads of its own.
"""

import hashlib
import json
import re
import threading
import urllib.error
import urllib.request
from base64 import b64encode
from html import unescape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, unquote, urlsplit

from bridge.model.phones import PhoneVendor

BASIC = 'Basic realm="phone"'
DIGEST = 'Digest realm="phone", nonce="n1", qop="auth", algorithm=MD5'
TELL_S = 10.0  # for us to answer; the machine may be busy with other things


class VirtualPhone:
    """One phone with any number of calls; ``states`` are those of its calls, by its own names.

    Args:
        vendor: which language.
        password: asked for, user ``admin``; empty = none.
        digest: by digest (RFC 2617) instead of basic authentication.
    """

    def __init__(self, vendor: PhoneVendor, password: str = "", *, digest: bool = False) -> None:
        self.vendor = vendor
        self.password = password
        self.urls: dict[str, str] = {}
        self.states: dict[str, str] = {}
        self.numbers: dict[str, str] = {}
        self.requests: list[str] = []
        self.answers: list[int] = []  # of ours to what it told
        self.is_deaf = False  # takes orders and does nothing
        self.tells_first = False  # what it does, before it answers the order
        self._names = iter(range(33093, 40000))
        phone = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._take(b"")

            def do_POST(self) -> None:
                self._take(self.rfile.read(int(self.headers.get("Content-Length", 0))))

            def _take(self, body: bytes) -> None:
                given = self.headers.get("Authorization", "")
                if phone.password and not phone.lets_in(given, self.command):
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", DIGEST if digest else BASIC)
                    self.end_headers()
                    return
                status, answer, after = phone.take(self.path, body)
                for event, call in after if phone.tells_first else ():
                    phone.tell(event, call)
                self.send_response(status)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
                self.wfile.flush()
                for event, call in () if phone.tells_first else after:
                    phone.tell(event, call)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self.control = f"http://127.0.0.1:{self._server.server_port}"

    def lets_in(self, given: str, method: str) -> bool:
        """Say whether credentials are right."""
        if given.startswith("Basic "):
            return given[6:] == b64encode(f"admin:{self.password}".encode()).decode()
        said: dict[str, str] = dict(re.findall(r'(\w+)="?([^",]*)"?', given))
        if "response" not in said:
            return False
        secret = _md5(f"admin:phone:{self.password}")
        proof = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:auth"
        return said["response"] == _md5(f"{secret}:{proof}:{_md5(method + ':' + said['uri'])}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.goes_off()

    def goes_off(self) -> None:
        """Lose the power."""
        if self._thread.is_alive():
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()

    def set_up(self, lines: tuple[str, ...]) -> None:
        """Take the lines of its configuration file."""
        for line in lines:
            if found := re.match(r"action_url\.(\w+) = (\S+)$", line):
                self.urls[found[1]] = found[2]
            elif found := re.match(r"<(action_\w+) [^>]*>([^<]+)<", line):
                self.urls[found[1]] = unescape(found[2])
            elif found := re.match(r'apps\.telNotification\.URL="([^"]+)"', line):
                self.urls["xml"] = unescape(found[1])

    # -- what people do ---------------------------------------------------------

    def is_called(self, number: str) -> str:
        """Ring for a caller; return the phone's name of the call."""
        return self._begins("ringing", number)

    def dials(self, number: str) -> str:
        """Its user dials; return the phone's name of the call."""
        return self._begins("dialing", number)

    def moves(self, call: str, state: str) -> None:
        """A call moves on by itself, or by its user."""
        self.states[call] = state
        self.tell(state, call)

    def _begins(self, state: str, number: str) -> str:
        call = str(next(self._names))
        self.numbers[call] = number
        self.moves(call, state)
        return call

    # -- what it tells ------------------------------------------------------------

    def tell(self, event: str, call: str) -> None:
        """Send an event, as set up; nothing where no URL is set for it."""
        name = _EVENTS[self.vendor].get(event)
        if name is None:
            return
        number = self.numbers.get(call, "")
        if self.vendor is PhoneVendor.POLY:
            self._send(self.urls["xml"], _xml(call, name, number))
            return
        url = self.urls[name].replace("$remote", f"sip:{number}@pbx.example")
        url = url.replace("$display_remote", "").replace("$call_id", call)
        self._send(url.replace("$call-id", call), None)

    def _send(self, url: str, body: bytes | None) -> None:
        try:
            with urllib.request.urlopen(url, body, TELL_S) as answer:  # noqa: S310
                self.answers.append(answer.status)
        except urllib.error.HTTPError as error:
            with error:
                self.answers.append(error.code)

    # -- what it is told ------------------------------------------------------------

    def take(self, path: str, body: bytes) -> tuple[int, bytes, list[tuple[str, str]]]:
        """Return status, answer, and the events that follow it."""
        self.requests.append(path + (f" {body.decode()}" if body else ""))
        if self.is_deaf:
            return 200, b'{"Status": "2000"}', []
        match self.vendor:
            case PhoneVendor.YEALINK:
                return self._yealink(unquote(urlsplit(path).query))
            case PhoneVendor.SNOM:
                return self._snom(parse_qs(urlsplit(path).query))
            case _:
                return self._poly(urlsplit(path).path, body)

    def _yealink(self, query: str) -> tuple[int, bytes, list[tuple[str, str]]]:
        key, _, call = query.removeprefix("key=").partition(":")
        if key.startswith("number="):
            return 200, b"", [("dialing", self._dialled(key.removeprefix("number=")))]
        words = {"ASW": "connected", "CANCEL": "ended", "HOLD": "held", "UNHOLD": "resumed"}
        return (200, b"", self._moved(call, words[key])) if key in words else (403, b"", [])

    def _snom(self, query: dict[str, list[str]]) -> tuple[int, bytes, list[tuple[str, str]]]:
        if "number" in query:
            return 200, b"", [("dialing", self._dialled(query["number"][0]))]
        (call,) = self.states
        is_held = self.states[call] == "held"
        hold = "resumed" if is_held else "held"
        words = {"ENTER": "connected", "CANCEL": "ended", "F_HOLD": hold}
        return 200, b"", self._moved(call, words[query["key"][0]])

    def _poly(self, path: str, body: bytes) -> tuple[int, bytes, list[tuple[str, str]]]:
        if path == "/api/v2/webCallControl/callStatus":
            calls = [
                {"CallHandle": f"0x{call}", "RemotePartyNumber": self.numbers[call]}
                for call in self.states
            ]
            return 200, json.dumps({"Status": "2000", "data": calls}).encode(), []
        data = json.loads(body)["data"]
        word = path.rsplit("/", 1)[-1]
        done = b'{"Status": "2000"}'
        if word == "dial":
            return 200, done, [("dialing", self._dialled(data["Dest"]))]
        words = {
            "answerCall": "connected",
            "rejectCall": "ended",
            "endCall": "ended",
            "holdCall": "held",
            "resumeCall": "resumed",
        }
        call = str(data["Ref"]).removeprefix("0x")
        if call not in self.states:
            return 200, b'{"Status": "4007"}', []
        return 200, done, self._moved(call, words[word])

    def _dialled(self, number: str) -> str:
        call = str(next(self._names))
        self.numbers[call], self.states[call] = number, "dialing"
        return call

    def _moved(self, call: str, state: str) -> list[tuple[str, str]]:
        if state == "ended":
            self.states.pop(call, None)
        else:
            self.states[call] = state
        return [(state, call)]


_EVENTS = {
    PhoneVendor.YEALINK: {
        "ringing": "incoming_call",
        "dialing": "outgoing_call",
        "connected": "call_established",
        "held": "hold",
        "resumed": "unhold",
        "ended": "call_terminated",
        "started": "setup_completed",
        "muted": "mute",
        "unmuted": "unmute",
    },
    PhoneVendor.SNOM: {
        "ringing": "action_incoming_url",
        "dialing": "action_outgoing_url",
        "connected": "action_connected_url",
        "held": "action_hold",
        "resumed": "action_unhold",
        "ended": "action_disconnected_url",
        "started": "action_setup_url",
    },
    PhoneVendor.POLY: {
        "ringing": "Offering",
        "dialing": "Setup",
        "connected": "Connected",
        "held": "CallHold",
        "resumed": "Connected",
        "ended": "Disconnected",
    },
}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _xml(call: str, state: str, number: str) -> bytes:
    kind = "Incoming" if state == "Offering" else "Outgoing"
    party = "Calling" if kind == "Incoming" else "Called"
    return (
        f'<CallStateChangeEvent CallReference="{call}" CallState="{state}"><CallLineInfo><CallInfo>'
        f"<CallType>{kind}</CallType><{party}PartyDirNum>{number}</{party}PartyDirNum>"
        f"<CallReference>{call}</CallReference></CallInfo></CallLineInfo></CallStateChangeEvent>"
    ).encode()
