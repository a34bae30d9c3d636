"""Lines coming and going on the desk."""

import pjsua2 as pj

from bridge.engine.desk import Desk
from bridge.engine.guard import describe
from bridge.engine.lines import Line, admission_of
from bridge.model.calls import RegistrationState
from bridge.model.engine import AccountSettings
from bridge.model.engine_limits import PJSUA2
from bridge.model.events import RegistrationChanged
from bridge.model.ids import AccountId
from bridge.protocols.sip_text import BadAddress

_FULL = f"{PJSUA2.max_accounts} accounts are the most one engine can have"


def add(desk: Desk, settings: AccountSettings, address: str) -> None:
    """Make a line, or replace the one of that id; equal settings change nothing.

    Args:
        desk: of the SIP thread.
        settings: of the line.
        address: ``host:port`` we listen on.
    """
    account = settings.account
    present = desk.lines.get(account)
    if present is not None and present.settings == settings:
        return
    remove(desk, account)
    reason = _made(desk, settings, address)
    if reason:
        desk.admissions.pop(account, None)
        failed = RegistrationState.FAILED
        desk.report(RegistrationChanged(desk.now(), account, failed, 0, reason))
    else:
        desk.lines[account].registration.begin()


def remove(desk: Desk, account: AccountId) -> None:
    """Un-register and forget a line; its calls go on. Harmless when there is none."""
    line = desk.lines.pop(account, None)
    desk.admissions.pop(account, None)
    if line is not None:
        line.registration.end()
        desk.leaving.append(line)


def unregister_all(desk: Desk) -> bool:
    """Remove every line; return whether a registrar has to be told."""
    registered = any(line.registration.is_registered for line in desk.lines.values())
    for account in list(desk.lines):
        remove(desk, account)
    return registered


def let_go(desk: Desk) -> None:
    """Shut down removed lines that carry no calls any more."""
    for line in list(desk.leaving):
        if not any(call.line is line for call in desk.calls.values()):
            desk.leaving.remove(line)
            line.shutdown()


def _made(desk: Desk, settings: AccountSettings, address: str) -> str:
    """Make the line; return why it cannot be made, or an empty string."""
    let_go(desk)
    if len(desk.lines) + len(desk.leaving) >= PJSUA2.max_accounts:
        return _FULL  # PJSIP would abort the process
    try:
        desk.admissions[settings.account] = admission_of(settings)
        desk.lines[settings.account] = Line(desk, settings, address)
    except BadAddress as e:
        return str(e)
    except pj.Error as e:
        reason = str(e.reason)
        describe(e)
        return reason
    return ""
