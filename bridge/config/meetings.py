"""Meetings and the controlled bridge: what the schema cannot say, and the settings made of it."""

import re
from collections.abc import Iterator, Sequence

from bridge.config import schema
from bridge.config.meetings_schema import Meetings, Remote
from bridge.config.problems import shown
from bridge.config.sources import Tree
from bridge.model.engine import AccountSettings
from bridge.model.errors import Problem
from bridge.model.ids import AccountId
from bridge.model.meetings import MeetingSettings
from bridge.model.remote import AUTO, RemoteSettings, fingerprint
from bridge.yamldoc import Path as DocPath

MEETINGS_PATH: DocPath = ("meetings",)
_URL = re.compile(r"(https?|webcals?)://[^\s/?#@]+([/?][^\s#]*)?")
_NEED_URL = ("user", "ca_file", "password", "password_file", "password_env", "password_credential")
MINUTE_S = 60.0


def meetings_problems(meetings: Meetings, tree: Tree) -> Iterator[Problem]:
    """Yield what is wrong with the calendar. A missing file is no problem here: it may come."""
    if meetings.url is not None and not _URL.fullmatch(meetings.url):
        # not shown: an address may be a secret
        expected = "https://HOST/PATH, with user and password in keys of their own"
        yield tree.problem((*MEETINGS_PATH, "url"), "no such address", expected)
    if meetings.url is not None and meetings.file is not None:
        expected = "either url or file"
        yield tree.problem((*MEETINGS_PATH, "file"), shown(meetings.file, ()), expected)
    if meetings.url is None:
        for key in _NEED_URL:
            if getattr(meetings, key) is not None:
                yield tree.problem(
                    (*MEETINGS_PATH, key), "no url", "meetings.url, whose server wants it"
                )
    if meetings.ca_file is not None:
        path = tree.beside((*MEETINGS_PATH, "ca_file"), meetings.ca_file)
        if not path.is_file():
            found = shown(meetings.ca_file, ())
            yield tree.problem((*MEETINGS_PATH, "ca_file"), found, f"a file at {path}")


def meeting_settings(meetings: Meetings, password: str, tree: Tree) -> MeetingSettings:
    """Return where meetings come from; all is right by now.

    Args:
        meetings: as configured.
        password: of the calendar's server, or empty.
        tree: the files, for paths beside them.
    """
    file, ca_file = meetings.file, meetings.ca_file
    return MeetingSettings(
        url=re.sub(r"^webcals?://", "https://", meetings.url or ""),
        file=str(tree.beside((*MEETINGS_PATH, "file"), file)) if file else "",
        user=meetings.user or "",
        password=password,
        ca_file=str(tree.beside((*MEETINGS_PATH, "ca_file"), ca_file)) if ca_file else "",
        mqtt=meetings.mqtt,
        refresh_s=meetings.refresh * MINUTE_S,
        shows_titles=meetings.titles,
        sets_busy=meetings.busy,
        early_s=meetings.early * MINUTE_S,
        trusts_clock=meetings.trust_clock,
    )


def meetings_warnings(settings: MeetingSettings, *, has_mqtt: bool) -> Iterator[str]:
    """Return what is allowed but perhaps not meant."""
    if settings.password and settings.url.startswith("http://"):
        yield "meetings: the password for the calendar travels readable; use https://"
    if settings.mqtt and not has_mqtt:
        yield "meetings.mqtt: MQTT is off, no meetings will come that way"


# -- the bridge that has the headset ------------------------------------------


def remote_problems(
    remote: Remote, bridge: str | None, mqtt: schema.Mqtt | None, accounts: int, tree: Tree
) -> Iterator[Problem]:
    """Yield what is wrong with the bridge to be controlled.

    Args:
        remote: as configured.
        bridge: our own id as configured.
        mqtt: as configured; None where that is wrong by itself.
        accounts: how many there are.
        tree: the files.
    """
    if remote.bridge is None:
        return
    path = ("remote", "bridge")
    if remote.bridge == bridge:
        yield tree.problem(path, shown(remote.bridge, ()), "another bridge than bridge.id")
    if remote.bridge == AUTO and not accounts:
        yield tree.problem(path, AUTO, "an account by which that bridge is found, or its id")
    if mqtt is not None and mqtt.socket is None and mqtt.broker in {None, "private", "off"}:
        yield tree.problem(path, shown(remote.bridge, ()), "mqtt.broker, which both bridges use")


def remote_settings(remote: Remote, accounts: Sequence[AccountSettings]) -> RemoteSettings:
    """Return which bridge is controlled; the first account, if any, is our line."""
    if remote.bridge is None:
        return RemoteSettings()
    if not accounts:
        return RemoteSettings(remote.bridge)
    first = accounts[0]
    return RemoteSettings(remote.bridge, AccountId(first.account), *served((first,)))


def served(accounts: Sequence[AccountSettings]) -> tuple[str, ...]:
    """Return the fingerprints of accounts; peer to peer there is no address to be known by."""
    domains = ((account.user, account.domain or account.server) for account in accounts)
    return tuple(fingerprint(user, domain) for user, domain in domains if domain)
