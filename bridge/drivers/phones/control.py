"""One request to a desk phone: blocking, with a limit of time, on a thread of its own."""

import ssl
import urllib.request
from collections.abc import Callable
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError

from bridge.model.errors import TransportError
from bridge.model.phones import PhoneSettings
from bridge.protocols.phone_control import LONGEST_ANSWER, PhoneRequest

ANSWER_S = 3.0
"""For a phone in the same house; a slow one takes 0.3 s, digest included."""

_WORDS = {
    401: "refuses our name or password: set user and password of the phone",
    403: "does not take orders from this machine: allow its address there",
    404: "knows no such order: is the vendor right, and remote control switched on there?",
}

Send = Callable[[PhoneRequest], bytes]
"""Sends one request and returns the body of the answer; blocks. Raises ``TransportError``."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: a password is for the phone alone."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> None:
        """Return no other request."""


def sender(phone: PhoneSettings) -> Send:
    """Return what sends requests to a phone that takes them."""
    base = phone.control.rstrip("/")
    passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    passwords.add_password(None, base, phone.user, phone.password)
    handlers: list[urllib.request.BaseHandler] = [urllib.request.ProxyHandler({}), _Stay()]
    if phone.user:
        handlers.append(urllib.request.HTTPDigestAuthHandler(passwords))
        handlers.append(urllib.request.HTTPBasicAuthHandler(passwords))
    if base.startswith("https:"):
        handlers.append(urllib.request.HTTPSHandler(context=_context(phone)))
    opener = urllib.request.build_opener(*handlers)
    opener.addheaders = []

    def send(request: PhoneRequest) -> bytes:
        asked = urllib.request.Request(  # noqa: S310  # the scheme is checked with the settings
            base + request.path, request.body or None, method=request.method
        )
        if request.body:
            asked.add_header("Content-Type", "application/json")
        return _sent(opener, asked, phone)

    return send


def _sent(
    opener: urllib.request.OpenerDirector, asked: urllib.request.Request, phone: PhoneSettings
) -> bytes:
    """Return the answer; what the library raises becomes one sentence without the URL."""
    try:
        with opener.open(asked, timeout=ANSWER_S) as answer:
            return bytes(answer.read(LONGEST_ANSWER))
    except HTTPError as error:
        with error:
            said = _WORDS.get(error.code, f"answers with status {error.code}, expected 200")
        raise TransportError(f"the desk phone {phone.id} {said}") from None
    except TimeoutError:
        raise TransportError(_unreachable(phone, f"no answer within {ANSWER_S:.0f} s")) from None
    except URLError as error:
        raise TransportError(_unreachable(phone, _why(error.reason))) from None
    except (OSError, HTTPException, ValueError) as error:
        raise TransportError(_unreachable(phone, _why(error))) from None


def _unreachable(phone: PhoneSettings, why: str) -> str:
    return f"the desk phone {phone.id} cannot be reached ({why}): is it on, is its control right?"


def _why(error: object) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {ANSWER_S:.0f} s"
    if isinstance(error, ssl.SSLError):
        return "its certificate is not trusted; see check_certificate"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return type(error).__name__


def _context(phone: PhoneSettings) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not phone.check_certificate:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
