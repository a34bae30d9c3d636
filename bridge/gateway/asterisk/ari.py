"""The ear for ARI: who calls whom, for lines that the manager interface tells.

Theory of operation. Events are subscribed to first and the channels listed then, so that nothing is
missed between; what was on its way is heard again, and its last word counts. A loss takes back what
was told by this ear alone: the lines themselves are the manager interface's, and stay.
"""

import asyncio
import base64
import http.client
import logging
import random
import ssl
from collections import Counter
from collections.abc import Callable
from typing import Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, WebSocketException

from bridge.gateway.asterisk.connection import LinkLostError
from bridge.gateway.asterisk.tls import NotTrustedError, context_for
from bridge.model.asterisk import AriSettings, AsteriskSettings
from bridge.model.blf import Extension, LineFact
from bridge.protocols.ari import (
    CHANNELS,
    EVENT_LIMIT,
    EVENTS,
    FILTER,
    LIST_LIMIT,
    UNHEARD,
    AriCalls,
)
from bridge.protocols.pbx_states import Refusal

_LOG = logging.getLogger(__name__)
_WIRE = logging.getLogger(f"{__name__}.wire")
_WIRE.setLevel(logging.INFO)  # with debug the library would write the password

ANSWER_S = 5.0
PING_S = 10.0  # an Asterisk that hangs is noticed after at most twice this
WAITS_S = (0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
PASSWORD_S = 300.0  # as for the manager interface: fail2ban
JITTER = 0.2
_REFUSED = frozenset({401, 403})

Changed = Callable[[set[Extension]], None]


class _PasswordError(LinkLostError):
    """It does not help to try again soon."""


class AriEar:
    """Hears calls while it is entered; tries again for ever.

    Args:
        settings: of the manager interface, for host, certificates and channels.
        ari: of this one.
        changed: told whose calls are others now; ``refine`` then says how.
    """

    def __init__(self, settings: AsteriskSettings, ari: AriSettings, changed: Changed) -> None:
        self._settings = settings
        self._ari = ari
        self._changed = changed
        self._calls = AriCalls(settings.plan)
        self._task: asyncio.Task[None] | None = None
        self._told = ""  # of the last loss
        self.waits_s: tuple[float, ...] = WAITS_S
        self.counts: Counter[str] = Counter()

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="asterisk calls")
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def refine(self, line: LineFact) -> LineFact:
        """Return a line with what is known of its call."""
        return self._calls.refine(line)

    # -- private --------------------------------------------------------------

    async def _run(self) -> None:
        step = 0
        while True:
            wait_s = 0.0
            try:
                await self._live_once()
                step = 0
            except (_PasswordError, NotTrustedError) as why:
                wait_s = PASSWORD_S
                self._lost(f"{why}; tried again in {wait_s:.0f} s")
            except LinkLostError as why:
                self._lost(str(why))
            except Exception:  # noqa: BLE001  # the task border: lines are shown all the same
                _LOG.exception("asterisk: the ear for ARI failed in a way nobody thought of")
                self._lost("the gateway failed: its log says how")
            wait_s = max(wait_s, self.waits_s[min(step, len(self.waits_s) - 1)])
            step += 1
            await asyncio.sleep(wait_s * random.uniform(1, 1 + JITTER))  # noqa: S311  # no secret

    async def _live_once(self) -> None:
        """Hear events until the connection is lost; returns when it was good before."""
        context = context_for(self._settings.ca_file) if self._ari.tls else None
        scheme = "wss" if self._ari.tls else "ws"
        try:
            async with connect(
                f"{scheme}://{self._at}{EVENTS}",
                additional_headers=self._login,
                ssl=context,
                proxy=None,
                compression=None,
                logger=_WIRE,
                max_size=EVENT_LIMIT,
                open_timeout=ANSWER_S,
                close_timeout=1.0,
                ping_interval=PING_S,
                ping_timeout=PING_S,
            ) as events:
                await self._begin()
                await self._hear(events)
        except InvalidStatus as error:
            raise self._refusal(error.response.status_code) from None
        except (InvalidHandshake, TimeoutError) as error:
            raise LinkLostError(f"asterisk at {self._at} does not speak ARI ({error})") from None
        except ssl.SSLCertVerificationError as error:
            text = f"ARI at {self._at} is not trusted ({error.verify_message})"
            raise LinkLostError(f"{text}: set gateway.asterisk.ca_file") from None
        except OSError as error:
            said = error.strerror or str(error)
            text = f"no way to ARI at {self._at} ({said}): http.conf and gateway.asterisk.ari"
            raise LinkLostError(text) from None

    async def _begin(self) -> None:
        """List the channels that there are."""
        await self._ask("PUT", FILTER, UNHEARD)  # an Asterisk that knows no filters sends more
        status, answer = await self._ask("GET", CHANNELS)
        if status != http.client.OK:
            raise self._refusal(status)
        changed = self._calls.begin(answer)
        if isinstance(changed, Refusal):
            raise LinkLostError(f"asterisk lists no channels by ARI: {changed.reason}")
        _LOG.info("asterisk: calls are heard by ARI")
        self._told = ""
        self._changed(changed)

    async def _hear(self, events: ClientConnection) -> None:
        try:
            async for event in events:
                if isinstance(event, str):
                    self._take(event)
        except WebSocketException as error:
            self._lost(f"asterisk has closed the connection of ARI ({error})")
        else:
            self._lost("asterisk has closed the connection of ARI")

    def _take(self, event: str) -> None:
        changed = self._calls.feed(event)
        if isinstance(changed, Refusal):
            if not self.counts[changed.rule]:
                _LOG.warning("asterisk: a message of ARI is not used: %s", changed.reason)
            self.counts[changed.rule] += 1
        elif changed:
            self._changed(changed)

    def _lost(self, reason: str) -> None:
        if reason != self._told:
            _LOG.warning("%s; who calls whom is not shown, trying again by itself", reason)
        self._told = reason
        if gone := self._calls.forget():
            self._changed(gone)

    def _refusal(self, status: int) -> LinkLostError:
        if status in _REFUSED:
            text = f"ARI does not let {self._ari.user} in ({status}): name and password of ari.conf"
            return _PasswordError(f"{text} must fit gateway.asterisk.ari")
        text = f"asterisk at {self._at} does not speak ARI ({status}): enabled in http.conf and "
        return LinkLostError(f"{text}ari.conf?")

    @property
    def _at(self) -> str:
        return f"{self._settings.host}:{self._ari.port}"

    @property
    def _login(self) -> dict[str, str]:
        pair = f"{self._ari.user}:{self._ari.secret}".encode()
        return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}

    async def _ask(self, method: str, path: str, body: str = "") -> tuple[int, bytes]:
        return await asyncio.to_thread(self._asked, method, path, body)

    def _asked(self, method: str, path: str, body: str) -> tuple[int, bytes]:
        """Ask by HTTP; on a thread of its own."""
        host, port = self._settings.host, self._ari.port
        if self._ari.tls:
            context = context_for(self._settings.ca_file)
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                host, port, timeout=ANSWER_S, context=context
            )
        else:
            connection = http.client.HTTPConnection(host, port, timeout=ANSWER_S)
        try:
            headers = {**self._login, "Content-Type": "application/json"}
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
            return response.status, response.read(LIST_LIMIT + 1)
        except http.client.HTTPException as error:
            raise LinkLostError(f"asterisk at {self._at} does not speak HTTP ({error})") from None
        finally:
            connection.close()
