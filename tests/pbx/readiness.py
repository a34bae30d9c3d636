"""Whether a part of the test PBX answers yet."""

import os
import socket
import time
from collections.abc import Callable

PROBE_S = 0.5  # a part on loopback answers in milliseconds, or is not there yet


def wait_until(probe: Callable[[], bool], patience_s: float) -> bool:
    """Whether it became true in time."""
    end = time.monotonic() + patience_s
    while not probe():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def tcp_open(ip: str, port: int) -> bool:
    """Whether something listens."""
    try:
        socket.create_connection((ip, port), PROBE_S).close()
    except OSError:
        return False
    return True


def sip_answers(ip: str, port: int) -> bool:
    """Whether OPTIONS is answered with 200 over UDP."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((ip, 0))
        sock.settimeout(PROBE_S)
        me = sock.getsockname()[1]
        text = (
            f"OPTIONS sip:{ip}:{port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {ip}:{me};branch=z9hG4bK{time.time_ns()};rport\r\n"
            f"Max-Forwards: 5\r\nFrom: <sip:probe@{ip}>;tag={me}\r\n"
            f"To: <sip:{ip}:{port}>\r\nCall-ID: probe-{time.time_ns()}\r\n"
            "CSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
        )
        try:
            sock.sendto(text.encode(), (ip, port))
            return b" 200 " in sock.recv(4096).split(b"\r\n", 1)[0]
        except OSError:
            return False


def packet(kind: int, body: bytes) -> bytes:
    """One MQTT packet of less than 128 bytes."""
    return bytes([kind, len(body)]) + body


def text_field(value: str) -> bytes:
    return len(value).to_bytes(2, "big") + value.encode()


def mqtt_retained(ip: str, port: int, topic: str, wait_s: float = 1.0) -> str | None:
    """The retained payload of one topic, by a minimal MQTT 3.1.1 client."""
    hello = text_field("MQTT") + b"\x04\x02\x00\x0a" + text_field(f"probe{os.getpid()}")
    try:
        with socket.create_connection((ip, port), wait_s) as sock:
            sock.settimeout(wait_s)
            sock.sendall(packet(0x10, hello))
            if sock.recv(4)[-1:] != b"\x00":
                return None
            sock.sendall(packet(0x82, b"\x00\x01" + text_field(topic) + b"\x00"))
            data, end = b"", time.monotonic() + wait_s
            while time.monotonic() < end:
                data += sock.recv(4096)
                at = data.find(text_field(topic))
                if at > 0:
                    return data[at + 2 + len(topic) :].decode("utf-8", "replace")
    except OSError:
        return None
    return None
