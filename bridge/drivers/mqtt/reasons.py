"""Why the broker cannot be used, in one sentence with the way out."""

import ssl

from aiomqtt import MqttCodeError, MqttError
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.reasoncodes import ReasonCode

from bridge.model.bus import DEFAULT_PORT, DEFAULT_TLS_PORT, MqttSettings
from bridge.model.errors import BusError
from bridge.model.redaction import printable

# Reason codes that CONNACK and DISCONNECT may carry (MQTT 5, 2.4). Those of a CONNACK of 3.1.1 are
# translated.
_PROTOCOL, _CLIENT_ID, _BAD_LOGIN, _NOT_AUTHORISED = 0x84, 0x85, 0x86, 0x87
_SHUTTING_DOWN, _SILENT, _TAKEN_OVER, _TOO_LARGE = 0x8B, 0x8D, 0x8E, 0x95
_TO_BE_CORRECTED = frozenset(
    {_PROTOCOL, _CLIENT_ID, _BAD_LOGIN, _NOT_AUTHORISED, _TAKEN_OVER, _TOO_LARGE}
)
_REFUSED_311 = {1: _PROTOCOL, 2: _CLIENT_ID, 4: _BAD_LOGIN, 5: _NOT_AUTHORISED}


class TlsFileError(BusError):
    """A file that the settings name cannot be used; the message is the whole sentence."""


def broker_name(settings: MqttSettings) -> str:
    """Return how to call the broker in a sentence."""
    if settings.socket:
        return f"the MQTT broker at {settings.socket}"
    return f"the MQTT broker at {settings.host}:{broker_port(settings)}"


def broker_port(settings: MqttSettings) -> int:
    """Return the TCP port, 1..65535."""
    return settings.port or (DEFAULT_PORT if settings.tls is None else DEFAULT_TLS_PORT)


def is_old_protocol(error: BaseException) -> bool:
    """Return whether the broker said clearly that it does not speak this MQTT version."""
    return reason_code(error) == _PROTOCOL


def is_handshake(error: BaseException) -> bool:
    """Return whether the broker was there but did not get as far as an answer to CONNECT.

    Only meaningful for a session that never came up.
    """
    if is_old_protocol(error):
        return True
    return not isinstance(error, OSError | MqttConnectError | ssl.SSLError) and not isinstance(
        error.__cause__, OSError
    )


def is_taken_over(error: BaseException) -> bool:
    """Return whether another client took our session."""
    return reason_code(error) == _TAKEN_OVER


def reason_code(error: BaseException) -> int | None:
    """Return the MQTT 5 reason code behind an error, translated from 3.1.1, or None."""
    if not isinstance(error, MqttCodeError):
        return None
    if isinstance(error.rc, ReasonCode):
        return error.rc.value
    if isinstance(error, MqttConnectError) and isinstance(error.rc, int):
        return _REFUSED_311.get(error.rc)
    return None


def is_passing(error: BaseException) -> bool:
    """Return whether time alone may mend it: nobody has to correct a setting."""
    is_tls = isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)
    return (
        not is_tls
        and not isinstance(error, TlsFileError)
        and reason_code(error) not in _TO_BE_CORRECTED
    )


def explain(error: BaseException, settings: MqttSettings) -> str:
    """Return the sentence for a failed or broken connection."""
    if isinstance(error, TlsFileError):
        return str(error)
    broker = broker_name(settings)
    code = reason_code(error)
    if code in (_BAD_LOGIN, _NOT_AUTHORISED):
        return _explain_login(broker, settings)
    if code == _TAKEN_OVER:
        return (
            f"another program has connected to {broker} as {client_id(settings)!r} and taken this "
            "one's place: give every bridge an id of its own (mqtt.bridge)"
        )
    known = {
        _PROTOCOL: f"{broker} does not speak MQTT {settings.version.value}: set mqtt.version",
        _CLIENT_ID: f"{broker} does not accept the client id {client_id(settings)!r}",
        _TOO_LARGE: f"{broker} ended the connection: a packet was too large for it",
        _SHUTTING_DOWN: f"{broker} is shutting down",
        _SILENT: f"{broker} has gone silent",
    }
    return known.get(code or 0) or _explain_system(error, broker, settings)


def explain_deaf(settings: MqttSettings, topics: str) -> str:
    """Return the sentence for commands that do not come through."""
    return f"commands do not arrive: {broker_name(settings)} does not let this user read {topics}"


def explain_refused(settings: MqttSettings, topic: str, others: int, refusal: str) -> str:
    """Return the sentence for topics that may not be written."""
    more = f" and {others} more topics" if others else ""
    return f"{broker_name(settings)} does not let this user write {topic}{more} ({refusal.lower()})"


def explain_twin(settings: MqttSettings) -> str:
    """Return the sentence for somebody else who writes to our topics."""
    return (
        f"another bridge writes to {settings.base}, too: give every bridge an id of its own "
        "(mqtt.bridge)"
    )


def client_id(settings: MqttSettings) -> str:
    """Return the MQTT client id we use."""
    return settings.client_id or f"offhook-{settings.bridge}"


def _explain_login(broker: str, settings: MqttSettings) -> str:
    if not settings.username and not (settings.tls and settings.tls.certificate):
        return f"{broker} wants a login: set mqtt.username and mqtt.password"
    return (
        f"{broker} refuses the login of {settings.username!r}: check mqtt.username and "
        "mqtt.password, and that this user may connect"
    )


def _explain_system(error: BaseException, broker: str, settings: MqttSettings) -> str:
    """Return the sentence for what the operating system, TLS or the library found."""
    cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
    where = "mqtt.socket" if settings.socket else "mqtt.broker and mqtt.port"
    match cause:
        case ssl.SSLError():
            why = printable(cause.reason or str(cause), 120).lower().replace("_", " ")
            return f"TLS with {broker} failed ({why}): check mqtt.tls and the clock"
        case ConnectionRefusedError() | FileNotFoundError():
            return f"{broker} is not there: start it, or check {where}"
        case PermissionError():
            return f"no access to {broker}: let this user connect, or check {where}"
        case TimeoutError():
            return f"{broker} does not answer: check {where}, the network and the firewall"
        case OSError(strerror=str(text)) if text:
            return f"{broker} cannot be reached ({printable(text, 80).lower()}): check {where}"
    return _explain_library(cause, broker, where)


def _explain_library(cause: BaseException, broker: str, where: str) -> str:
    """Return the sentence for what aiomqtt or the wire found."""
    if "timed out" in str(cause):
        return f"{broker} does not answer: check {where}, and whether MQTT is spoken there"
    if isinstance(cause, MqttError):
        return f"the connection to {broker} broke"
    return f"{broker} cannot be used ({printable(str(cause), 120)})"
