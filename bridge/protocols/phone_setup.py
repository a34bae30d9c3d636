"""What to put into a desk phone so that it talks to us: lines of its own configuration files.

Names of settings and variables are those of the vendors; sources in ``phone_events.md``.
"""

from typing import assert_never
from xml.sax.saxutils import escape, quoteattr  # writing only

from bridge.model.phones import Happening, PhoneSettings, PhoneVendor
from bridge.protocols.phone_events import ROOT, XML_WORD

_YEALINK = {
    "setup_completed": Happening.STARTED,
    "registered": Happening.REGISTERED,
    "unregistered": Happening.UNREGISTERED,
    "register_failed": Happening.UNREGISTERED,
    "off_hook": Happening.OFF_HOOK,
    "on_hook": Happening.ON_HOOK,
    "incoming_call": Happening.RINGING,
    "outgoing_call": Happening.DIALING,
    "call_established": Happening.CONNECTED,
    "call_terminated": Happening.ENDED,
    "missed_call": Happening.MISSED,
    "call_remote_canceled": Happening.MISSED,
    "reject_incoming_call": Happening.REJECTED,
    "cancel_callout": Happening.ENDED,
    "remote_busy": Happening.ENDED,
    "hold": Happening.HELD,
    "unhold": Happening.RESUMED,
    "mute": Happening.MUTED,
    "unmute": Happening.UNMUTED,
    "dnd_on": Happening.DND_ON,
    "dnd_off": Happening.DND_OFF,
    "busy_to_idle": Happening.IDLE,
}

_SNOM = {
    "action_setup_url": Happening.STARTED,
    "action_log_on_url": Happening.REGISTERED,
    "action_log_off_url": Happening.UNREGISTERED,
    "action_reg_failed": Happening.UNREGISTERED,
    "action_offhook_url": Happening.OFF_HOOK,
    "action_onhook_url": Happening.ON_HOOK,
    "action_incoming_url": Happening.RINGING,
    "action_outgoing_url": Happening.DIALING,
    "action_connected_url": Happening.CONNECTED,
    "action_disconnected_url": Happening.ENDED,
    "action_missed_url": Happening.MISSED,
    "action_hold": Happening.HELD,
    "action_unhold": Happening.RESUMED,
    "action_dnd_on_url": Happening.DND_ON,
    "action_dnd_off_url": Happening.DND_OFF,
}

_GIGASET = {
    "RegistrationSuccessed": Happening.REGISTERED,  # the vendor's spelling
    "RegistrationFailed": Happening.UNREGISTERED,
    "OffHook": Happening.OFF_HOOK,
    "OnHook": Happening.ON_HOOK,
    "IncomingCall": Happening.RINGING,
    "OutgoingCall": Happening.DIALING,
    "ConnectionEstablished": Happening.CONNECTED,
    "ConnectionTerminated": Happening.ENDED,
}

_POLY_EVENTS = ("callStateChangeEvent", "lineRegistrationEvent", "offhookEvent", "onhookEvent")


def settings_lines(phone: PhoneSettings, base: str, own_address: str) -> tuple[str, ...]:
    """Return the lines for a phone's configuration file.

    Args:
        phone: which; its token is in the lines, so they are a secret.
        base: where the phone reaches us, such as ``http://192.0.2.5:8088``.
        own_address: our address, from which orders come.
    """
    root = f"{base}/{ROOT}/{phone.id}/{phone.token}"
    match phone.vendor:
        case PhoneVendor.YEALINK:
            return _yealink(phone, root, own_address)
        case PhoneVendor.SNOM:
            return _snom(root)
        case PhoneVendor.GIGASET:
            return tuple(
                f'<param name="System.Events.{name}" value={quoteattr(f"{root}/{one.value}")}/>'
                for name, one in _GIGASET.items()
            )
        case PhoneVendor.POLY:
            return _poly(phone, root)
        case _ as unreachable:
            assert_never(unreachable)


def _yealink(phone: PhoneSettings, root: str, own_address: str) -> tuple[str, ...]:
    query = "?call=$call_id&remote=$remote&name=$display_remote"
    lines = [f"action_url.{name} = {root}/{one.value}{query}" for name, one in _YEALINK.items()]
    if phone.control:
        lines += ["features.action_uri.enable = 1"]
        lines += [f"features.action_uri_limit_ip = {own_address}"]
    return ("#!version:1.0.0.1", *lines)


def _snom(root: str) -> tuple[str, ...]:
    query = "?call=$call-id&remote=$remote&name=$display_remote"
    lines = [
        f'<{name} perm="R">{escape(f"{root}/{one.value}{query}")}</{name}>'
        for name, one in _SNOM.items()
    ]
    long_key = escape(f"{root}/{Happening.LONG_KEY.value}?key=$longpress_key")
    return (*lines, f'<action_longpress_url perm="R">{long_key}</action_longpress_url>')


def _poly(phone: PhoneSettings, root: str) -> tuple[str, ...]:
    lines = [f"apps.telNotification.URL={quoteattr(f'{root}/{XML_WORD}')}"]
    lines += [f'apps.telNotification.{name}="1"' for name in _POLY_EVENTS]
    if phone.control:
        lines.append('apps.restapi.enabled="1"')
    return tuple(lines)
