"""Does anybody answer SIP there? Asked past PJSIP, which sends all through the line's server.

Source: RFC 3261 section 11 (OPTIONS), 18.1.1 (Via, branch), 18.2.2 (the answer comes back there).
"""

import secrets
import socket

from bridge.model.engine import Transport

WAIT_S = 2.0
"""A PBX in reach answers in milliseconds; 500 ms is T1, the round trip SIP counts with."""

_SIP_PORT, _SIPS_PORT = 5060, 5061


def answers(server: str, transport: Transport) -> bool:
    """Return whether a server is there: any answer counts, over TCP and TLS the connection.

    Args:
        server: ``host`` or ``host:port``.
        transport: how it is reached.
    """
    host, _, text = server.partition(":")
    port = int(text) if text else _SIPS_PORT if transport is Transport.TLS else _SIP_PORT
    try:
        if transport is Transport.UDP:
            return _answers_options(host, port)
        with socket.create_connection((host, port), WAIT_S):
            return True
    except (OSError, UnicodeError):
        return False


def _answers_options(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
        ours.settimeout(WAIT_S)
        ours.connect((host, port))
        ours.send(_options(host, port, *ours.getsockname()))
        return ours.recv(64).startswith(b"SIP/2.0 ")


def _options(host: str, port: int, our_host: str, our_port: int) -> bytes:
    tag = secrets.token_hex(8)
    return (
        f"OPTIONS sip:{host}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP {our_host}:{our_port};rport;branch=z9hG4bK{tag}\r\n"
        f"From: <sip:offhook@{our_host}>;tag={tag}\r\nTo: <sip:{host}:{port}>\r\n"
        f"Call-ID: {tag}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    ).encode("ascii")
