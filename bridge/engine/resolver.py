"""Host names to addresses, without stopping the SIP thread.

PJSIP asks the system's resolver in the middle of its work; with a dead name server that takes up to
half a minute, in which no call is answered. So names are looked up on a thread of their own, and
PJSIP gets addresses.
"""

import ipaddress
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bridge.engine.knock import answers
from bridge.model.engine import Transport

Then = Callable[[str], None]
"""Gets the address, or an empty string; runs on the SIP thread. Must not hold a call."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """A name was looked up; for the SIP thread's mailbox."""

    then: Then
    address: str


class Resolver:
    """Looks names up.

    Args:
        done: takes each result, on any thread.
    """

    def __init__(self, done: Callable[[Resolved], None]) -> None:
        self._done = done

    def ask(self, host: str, then: Then) -> None:
        """Look ``host`` up and have ``then`` called with its first IPv4 address."""

        def look_up() -> None:
            self._done(Resolved(then, _address_of(host)))

        threading.Thread(target=look_up, name="resolver", daemon=True).start()

    def knock(self, server: str, transport: Transport, then: Then) -> None:
        """Ask whether anybody answers SIP there; ``then`` gets a text if so, else an empty one."""

        def knock() -> None:
            self._done(Resolved(then, "answers" if answers(server, transport) else ""))

        threading.Thread(target=knock, name="knock", daemon=True).start()


def is_address(host: str) -> bool:
    """Return whether ``host`` is an IPv4 address already."""
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _address_of(host: str) -> str:
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return ""
    return str(found[0][4][0]) if found else ""
