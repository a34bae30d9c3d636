"""How the daemon's HTTP server is reached. Only where something needs it: none runs otherwise."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """Where the HTTP server listens.

    Args:
        bind: address of this machine, IPv4 or IPv6.
        port: TCP port; 0 = any free one.
        names: host names requests may be addressed to besides addresses and ``localhost``, small
            letters; others are refused, for a page of a stranger may have them (DNS rebinding).
    """

    bind: str = "127.0.0.1"
    port: int = 8088
    names: tuple[str, ...] = ()
