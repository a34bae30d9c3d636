"""Whom an encrypted connection to Asterisk trusts."""

import ssl

from bridge.gateway.asterisk.connection import LinkLostError


class NotTrustedError(LinkLostError):
    """The file that names who is trusted is of no use."""


def context_for(ca_file: str) -> ssl.SSLContext:
    """Return the context; TLS 1.2 at least.

    Args:
        ca_file: PEM; empty = those of the system.

    Raises:
        NotTrustedError: the file holds no certificates.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        text = f"{ca_file} holds no certificates: gateway.asterisk.ca_file"
        raise NotTrustedError(text) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
