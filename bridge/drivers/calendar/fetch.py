"""Gets the bytes of a calendar: a file, or HTTP with conditions. Blocks; runs in the child process.

An address may be a secret (whoever knows it reads the calendar), so it never stands in a message.
"""

import base64
import http.client
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

from bridge.model.errors import TransportError
from bridge.model.meetings import CalendarRequest
from bridge.model.redaction import printable
from bridge.protocols.ical import MOST_BYTES

ANSWER_S = 15.0  # for each step of the connection; the process as a whole has ``process.WITHIN_S``
LONGEST_ETAG = 256  # characters

_SENT_ON = "it sends us on to where we do not follow: correct meetings.url"
_HINTS = {
    401: "it wants another user or password: set meetings.user and meetings.password",
    403: "it does not let us in: is the calendar shared, and meetings.password right?",
    404: "there is no calendar at that address: correct meetings.url",
    410: "there is no calendar at that address any more: correct meetings.url",
}


@dataclass(frozen=True, slots=True)
class Fetched:
    """What came.

    Args:
        data: of the calendar; None = the same as last time.
        etag, modified: for the next time.
        server_ms: the server's clock, Unix milliseconds; 0 = unknown.
    """

    data: bytes | None
    etag: str = ""
    modified: str = ""
    server_ms: int = 0


def fetch(request: CalendarRequest) -> Fetched:
    """Return the calendar that a request names.

    Raises:
        TransportError: it cannot be had: one sentence with the way out.
    """
    return _over_http(request) if request.url else _from_file(request)


def _from_file(request: CalendarRequest) -> Fetched:
    path = Path(request.file)
    try:
        with path.open("rb") as stream:
            info = path.stat()
            etag = f"{info.st_ino}:{info.st_size}:{info.st_mtime_ns}"
            if etag == request.etag:
                return Fetched(None, etag)
            return Fetched(_within(stream.read(MOST_BYTES + 1)), etag)
    except OSError as error:
        why = error.strerror or str(error)
        raise TransportError(
            f"{path} cannot be read ({why}): correct meetings.file, or let this user read it"
        ) from error


def _within(data: bytes) -> bytes:
    if len(data) > MOST_BYTES:
        raise TransportError(f"it has more than {MOST_BYTES // 1024 // 1024} MiB")
    return data


# -- HTTP ---------------------------------------------------------------------


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows, but never from https to http, and shows the password to nobody else."""

    def redirect_request(  # as in the library
        self,
        req: urllib.request.Request,
        fp: object,
        code: int,
        msg: str,
        headers: object,
        newurl: str,
    ) -> urllib.request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if new.scheme not in {"https", old.scheme}:
            raise TransportError("it sends us on to an address without encryption: not followed")
        made = super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]
        if made is not None and new.netloc != old.netloc:
            made.remove_header("Authorization")
        return made


def _over_http(request: CalendarRequest) -> Fetched:
    host = printable(urlsplit(request.url).hostname or "", 128)
    try:
        return _answered(request)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == http.client.NOT_MODIFIED:
            return Fetched(None, request.etag, request.modified, _date(error.headers.get("Date")))
        hint = _HINTS.get(error.code, _SENT_ON if error.code < 400 else "try again later")
        raise TransportError(f"{host} answers {error.code}: {hint}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransportError(f"{host} cannot be reached: {_why(error)}") from error


def _answered(request: CalendarRequest) -> Fetched:
    context = ssl.create_default_context(cafile=request.ca_file or None)
    opener = urllib.request.build_opener(_Redirects(), urllib.request.HTTPSHandler(context=context))
    wanted = urllib.request.Request(request.url, headers=_headers(request))  # noqa: S310  # checked by the configuration
    with opener.open(wanted, timeout=ANSWER_S) as answer:
        data = _within(answer.read(MOST_BYTES + 1))
        return Fetched(
            data,
            _short(answer.headers.get("ETag")),
            _short(answer.headers.get("Last-Modified")),
            _date(answer.headers.get("Date")),
        )


def _headers(request: CalendarRequest) -> dict[str, str]:
    headers = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "Offhook"}
    if request.etag:
        headers["If-None-Match"] = request.etag
    if request.modified:
        headers["If-Modified-Since"] = request.modified
    if request.user or request.password:
        pair = f"{request.user}:{request.password}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(pair).decode()}"
    return headers


def _short(text: str | None) -> str:
    """Return a header to be sent back, nothing where it is odd."""
    return text if text and len(text) <= LONGEST_ETAG and text.isprintable() else ""


def _date(text: str | None) -> int:
    try:
        return round(parsedate_to_datetime(text or "").timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return 0


def _why(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return "its certificate is not trusted: set meetings.ca_file"
    if isinstance(reason, TimeoutError):
        return f"no answer within {ANSWER_S:.0f} s"
    if isinstance(reason, OSError):
        return reason.strerror or type(reason).__name__
    return type(error).__name__  # the text may hold the address
