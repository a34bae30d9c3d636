"""The page: what it lacks, and what of it is open."""

import ipaddress
import ssl
from collections.abc import Iterator

from bridge.cli.checks.finding import Finding, State
from bridge.model.numbers import Reach
from bridge.model.page import PageSettings

CHECK = "page"


def page(settings: PageSettings, *, has_country: bool) -> Iterator[Finding]:
    """Look at the configuration of the page and at its certificate.

    Args:
        settings: of the page.
        has_country: ``numbers.country`` is set, so that national numbers can be told.
    """
    if not settings.enabled:
        yield Finding(CHECK, State.INFO, "it is off: page.enabled")
        return
    where = settings.room or "a desk"
    yield Finding(CHECK, State.OK, f"for {where}, on {settings.bind} port {settings.port}")
    if settings.certificate:
        yield from _certificate(settings)
    elif settings.behind_proxy and not ipaddress.ip_address(settings.bind).is_loopback:
        text = f"whoever reaches {settings.bind} reaches it past the proxy, and readable"
        fix = "set page.bind to 127.0.0.1 if the proxy is on this machine, or page.tls"
        yield Finding(CHECK, State.WARNING, text, fix)
    if settings.room and not settings.pin:
        text = "no PIN is set: the settings stay shut on the room's screen"
        yield Finding(CHECK, State.INFO, text, "`offhook page pin` sets one")
    if settings.kiosk.barring is Reach.NATIONAL and not has_country:
        text = "page.kiosk.barring is national, and no country is set: only extensions are called"
        yield Finding(CHECK, State.ERROR, text, "set numbers.country")


def _certificate(settings: PageSettings) -> Iterator[Finding]:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
            settings.certificate, settings.key, password=lambda: b""
        )
    except (OSError, ssl.SSLError) as error:
        text = f"page.tls cannot be used: {error.strerror or error}"
        fix = "name PEM files that belong together and that the daemon's user may read"
        yield Finding(CHECK, State.ERROR, text, fix)
    else:
        yield Finding(CHECK, State.OK, "its certificate and key belong together")
