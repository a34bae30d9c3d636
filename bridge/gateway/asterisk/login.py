"""From an address to a manager interface that lets us in."""

import asyncio
import logging
import ssl

from bridge.gateway.asterisk.connection import AmiConnection, LinkLostError
from bridge.gateway.asterisk.tls import NotTrustedError, context_for
from bridge.model.asterisk import AsteriskSettings
from bridge.model.redaction import printable
from bridge.protocols.ami import Action, login_action

_LOG = logging.getLogger(__name__)

CONNECT_S = 5.0
LOGIN_S = 10.0  # Asterisk waits 1 s before it refuses
PASSWORD_S = 300.0  # fail2ban of FreePBX: 10 failures in 7 days; of Debian: 5 in 10 minutes
PERMISSION_S = 60.0


class RefusedByAsteriskError(LinkLostError):
    """It does not help to try again soon."""

    def __init__(self, text: str, wait_s: float) -> None:
        super().__init__(text)
        self.wait_s = wait_s


async def open_stream(
    settings: AsteriskSettings,
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect.

    Raises:
        LinkLostError: it cannot be reached; the text has the way out.
        RefusedByAsteriskError: it is not trusted.
    """
    host, port = settings.host, settings.port
    at = f"asterisk at {host}:{port}"
    try:
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(host, port, ssl=_tls(settings))
    except TimeoutError:
        raise LinkLostError(f"{at} does not answer: is the address right?") from None
    except ssl.SSLCertVerificationError as error:
        text = f"{at} is not trusted ({error.verify_message}): set gateway.asterisk.ca_file"
        raise RefusedByAsteriskError(text, PERMISSION_S) from error
    except ssl.SSLError as error:
        text = f"{at} does not speak TLS there: tlsenable and tlsbindaddr of manager.conf"
        raise LinkLostError(text) from error
    except OSError as error:
        said = error.strerror or str(error)
        text = f"no way to {at} ({said}): enabled, bindaddr and port of manager.conf"
        raise LinkLostError(text) from error


def _tls(settings: AsteriskSettings) -> ssl.SSLContext | None:
    try:
        return context_for(settings.ca_file) if settings.tls else None
    except NotTrustedError as error:
        raise RefusedByAsteriskError(str(error), PERMISSION_S) from error


async def log_in(connection: AmiConnection, settings: AsteriskSettings, password_s: float) -> None:
    """Log in by challenge, or readable over TLS where there is none.

    Args:
        connection: just made, and being read.
        settings: with user and secret.
        password_s: how long to leave an Asterisk alone that does not know them.

    Raises:
        LinkLostError: it does not answer.
        RefusedByAsteriskError: it does not let us in.
    """
    try:
        async with asyncio.timeout(LOGIN_S):
            version = await connection.greeted
    except TimeoutError:
        raise LinkLostError("asterisk says nothing: is this the port of manager.conf?") from None
    reply = await connection.ask(Action("Challenge", {"AuthType": "MD5"}), LOGIN_S)
    challenge = reply.response.get("Challenge")
    if not challenge and not settings.tls:
        text = f"asterisk gives no challenge ({quoted(reply.words)}): set gateway.asterisk.tls"
        raise RefusedByAsteriskError(text, PERMISSION_S)
    user = settings.user
    reply = await connection.ask(login_action(user, settings.secret, challenge), LOGIN_S)
    if not reply.is_ok:
        text = f"asterisk does not let {user} in ({quoted(reply.words)}): name, secret and "
        text += "permit of manager.conf must fit gateway.asterisk"
        raise RefusedByAsteriskError(text, password_s)
    _LOG.info("asterisk: logged in as %s, manager interface %s", user, version or "unknown")


def quoted(words: str) -> str:
    """Return what Asterisk said, for a sentence."""
    return printable(words, 100) or "no reason"
