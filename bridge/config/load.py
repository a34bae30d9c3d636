"""The way from files to settings: read, merge, validate, resolve secrets, convert.

Everything that is wrong is said at once. Nothing is started, bound or made; files are only read.
"""

import os
import re
import socket
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bridge.config import places
from bridge.config.contacts import (
    contacts_problems,
    contacts_warnings,
    directory_settings,
)
from bridge.config.convert import (
    account_settings,
    engine_settings,
    habits,
    headset_settings,
    home_settings,
    line_habits,
    mqtt_settings,
    recording_settings,
    sound_settings,
)
from bridge.config.desktop import desktop_settings, free_keys, keys_problems
from bridge.config.forwarding import configured_profiles, forwarding_problems
from bridge.config.gateway import ARI_PATH, ASTERISK_PATH, gateway_settings
from bridge.config.lamps import favourite, favourites_problems, lamp_settings
from bridge.config.meaning import Checker
from bridge.config.meetings import (
    MEETINGS_PATH,
    meeting_settings,
    meetings_problems,
    meetings_warnings,
    remote_problems,
    remote_settings,
    served,
)
from bridge.config.number_schema import Numbers
from bridge.config.numbering import check_barring, check_limits, check_numbers, number_rules
from bridge.config.page import page_problems, page_secrets, page_settings
from bridge.config.panels import panel_settings, panels_problems
from bridge.config.phones import (
    http_problems,
    http_settings,
    phone_settings,
    phones_problems,
    phones_warnings,
)
from bridge.config.presence import presence_settings
from bridge.config.secrets import Found, resolve
from bridge.config.sections import Reader, Sections
from bridge.config.settings import Config
from bridge.config.sources import Tree, read_tree
from bridge.model.bus import MqttSettings
from bridge.model.engine import AccountSettings, Srtp, Transport
from bridge.model.engine_limits import PJSUA2, BuildLimits
from bridge.model.errors import ConfigError, Problem
from bridge.model.ids import AccountId
from bridge.model.numbers import NumberRules
from bridge.model.page import KIOSK
from bridge.yamldoc import Path as DocPath

MQTT_PATH: DocPath = ("mqtt",)
LDAP_PATH: DocPath = ("contacts", "ldap")


def load_config(
    path: Path | None = None,
    env: Mapping[str, str] | None = None,
    *,
    only_check: bool = False,
    limits: BuildLimits = PJSUA2,
) -> Config:
    """Return the configuration.

    Args:
        path: the file to use; None = the user's, else the system's, else defaults only.
            Drop-ins ``config.d/*.yaml`` beside it are merged in the order of their names.
        env: environment variables; None = those of the process.
        only_check: do not insist on secrets that only the service itself can read.
        limits: what the SIP engine can do.

    Raises:
        ConfigError: all problems with file and line. Secrets are not in it.
    """
    env = os.environ if env is None else env
    tree = read_tree(places.find_config(env, path), must_exist=path is not None)
    reader = Reader(tree, limits)
    sections = reader.read()
    names = _ids(sections, tree)
    checker = Checker(tree, limits)
    problems = [*reader.problems, *_new(reader.problems, _meaning(checker, sections, names))]
    secrets = _secrets(sections, tree, env, only_check=only_check)
    problems += [problem for found in secrets.values() for problem in found.problems]
    if problems:
        raise ConfigError(_in_order(problems))
    warnings = [*tree.notes, *(note for found in secrets.values() for note in found.notes)]
    return _config(sections, tree, env, names, secrets, warnings)


def _new(known: list[Problem], more: list[Problem]) -> list[Problem]:
    """Return the problems at places where nothing is known to be wrong yet."""
    places_known = {(problem.file, problem.line, problem.path) for problem in known}
    return [p for p in more if (p.file, p.line, p.path) not in places_known]


def _in_order(problems: list[Problem]) -> tuple[Problem, ...]:
    """Return problems as one reads the files; the same one only once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.file, p.line)))


def _ids(sections: Sections, tree: Tree) -> dict[DocPath, str]:
    """Return the id of each account in order, those that are wrong by themselves included."""
    paths: list[DocPath] = [("account",)] if tree.value.get("account") is not None else []
    listed = sections.account_count - len(paths)
    paths += [("accounts", number) for number in range(listed)]
    accounts = sections.accounts
    return {
        path: (accounts[path].id if path in accounts else None) or f"line-{number}"
        for number, path in enumerate(paths, 1)
    }


def _meaning(checker: Checker, sections: Sections, names: dict[DocPath, str]) -> list[Problem]:
    found = list(checker.text())
    for path, account in sections.accounts.items():
        found += checker.account(account, path)
    found += checker.lines(names)
    if sections.sip is not None:
        found += checker.sip(sections.sip, len(sections.accounts))
    if sections.mqtt is not None:
        found += checker.mqtt(sections.mqtt)
    if sections.headset is not None:
        found += checker.headset(sections.headset)
    if sections.keys is not None:
        others = sections.headset.keys if sections.headset is not None else {}
        found += keys_problems(sections.keys, others, checker.tree)
    if sections.pbx is not None and sections.bridge is not None:
        found += checker.pbx(sections.pbx, sections.bridge)
    if sections.control is not None:
        found += checker.control(sections.control)
    found += _number_problems(checker.tree, sections)
    return [*found, *_more_problems(checker, sections, names)]


def _more_problems(
    checker: Checker, sections: Sections, names: dict[DocPath, str]
) -> list[Problem]:
    found: list[Problem] = []
    if sections.forwarding is not None:
        found += forwarding_problems(sections.forwarding, checker.tree)
    found += _server_problems(checker.tree, sections)
    found += phones_problems(sections.phones, tuple(names.values()), checker.tree)
    found += favourites_problems(sections.favourites, names.values(), checker.tree)
    if sections.panels is not None:
        found += panels_problems(sections.panels, checker.tree)
    if sections.contacts is not None:
        found += contacts_problems(sections.contacts, checker.tree)
    if sections.meetings is not None:
        found += meetings_problems(sections.meetings, checker.tree)
    if sections.remote is not None and sections.bridge is not None:
        others = sections.bridge.id, sections.mqtt, sections.account_count
        found += remote_problems(sections.remote, *others, checker.tree)
    return found


def _server_problems(tree: Tree, sections: Sections) -> list[Problem]:
    found: list[Problem] = []
    if sections.http is not None:
        found += http_problems(sections.http, tree)
    if sections.page is not None:
        found += page_problems(sections.page, tree)
    return found


def _number_problems(tree: Tree, sections: Sections) -> list[Problem]:
    found: list[Problem] = []
    common = sections.numbers or Numbers()
    found += check_numbers(common, ("numbers",), tree, common)
    for path, account in sections.accounts.items():
        found += check_numbers(account.numbers, (*path, "numbers"), tree, common)
    if sections.barring is not None:
        found += check_barring(sections.barring, tree)
    if sections.limits is not None:
        found += check_limits(sections.limits, tree)
    return found


def _secrets(
    sections: Sections, tree: Tree, env: places.Env, *, only_check: bool
) -> dict[DocPath, Found]:
    found = {
        path: resolve(account, path, tree, env, only_check=only_check)
        for path, account in sections.accounts.items()
    }
    for path, phone in sections.phones.items():
        found[path] = resolve(phone, path, tree, env, only_check=only_check)
    if sections.mqtt is not None:
        found[MQTT_PATH] = resolve(sections.mqtt, MQTT_PATH, tree, env, only_check=only_check)
    if sections.gateway is not None:
        secret = sections.gateway.asterisk
        found[ASTERISK_PATH] = resolve(secret, ASTERISK_PATH, tree, env, only_check=only_check)
        if secret.ari is not None:
            found[ARI_PATH] = resolve(secret.ari, ARI_PATH, tree, env, only_check=only_check)
    if sections.page is not None:
        found |= page_secrets(sections.page, tree)
    if sections.contacts is not None and (ldap := sections.contacts.ldap) is not None:
        found[LDAP_PATH] = resolve(ldap, LDAP_PATH, tree, env, only_check=only_check)
    if sections.meetings is not None:
        calendar = sections.meetings
        found[MEETINGS_PATH] = resolve(calendar, MEETINGS_PATH, tree, env, only_check=only_check)
    return found


def _password(secrets: dict[DocPath, Found], path: DocPath) -> str:
    """Return the password of a section, empty where the section is not there."""
    found = secrets.get(path)
    return "" if found is None else found.password


def _config(
    sections: Sections,
    tree: Tree,
    env: places.Env,
    names: dict[DocPath, str],
    secrets: dict[DocPath, Found],
    warnings: list[str],
) -> Config:
    """Put the settings together; every section is right by now."""
    s = sections
    if (
        s.audio is None
        or s.barring is None
        or s.bridge is None
        or s.contacts is None
        or s.control is None
        or s.calls is None
        or s.desktop is None
        or s.forwarding is None
        or s.gateway is None
        or s.headset is None
        or s.history is None
        or s.home_assistant is None
        or s.http is None
        or s.keys is None
        or s.lamps is None
        or s.limits is None
        or s.log is None
        or s.meetings is None
        or s.mqtt is None
        or s.numbers is None
        or s.page is None
        or s.panels is None
        or s.pbx is None
        or s.presence is None
        or s.privacy is None
        or s.recording is None
        or s.remote is None
        or s.sip is None
    ):
        raise AssertionError("a section without problems is missing")
    bridge = s.bridge.id or host_id(socket.gethostname())
    by_name = {names[path]: account for path, account in s.accounts.items()}
    phones = tuple(phone_settings(phone, secrets[path]) for path, phone in s.phones.items())
    lines = [phone.account for phone in phones]
    rules = number_rules(by_name, s.numbers, s.barring, s.limits, lines)
    accounts = tuple(
        account_settings(
            account,
            names[path],
            secrets[path].password,
            rules.plan_of(AccountId(names[path])).emergency,
        )
        for path, account in s.accounts.items()
    )
    state = tree.beside(("state_dir",), s.state_dir) if s.state_dir else places.state_dir(env)
    control = (
        tree.beside(("control", "socket"), s.control.socket)
        if s.control.socket
        else places.control_socket(env, state)
    )
    directories = directory_settings(s.contacts, secrets.get(LDAP_PATH), tree)
    mqtt = replace(
        mqtt_settings(s.mqtt, s.privacy, bridge, secrets[MQTT_PATH].password, tree),
        home=home_settings(s.home_assistant),
    )
    remote = remote_settings(s.remote, accounts)
    if remote.enabled:  # lines, barring and number plans are those of the other bridge
        accounts, rules = (), NumberRules()
    mqtt = replace(mqtt, serves=served(accounts))
    recording = recording_settings(s.recording, state, tree)
    lamps = lamp_settings(s.lamps, accounts, _voicemail(s))
    http = http_settings(s.http)
    meetings = meeting_settings(s.meetings, secrets[MEETINGS_PATH].password, tree)
    page = page_settings(s.page, secrets, tree)
    if page.enabled:
        rules = replace(rules, reaches=((KIOSK, page.kiosk.barring),))
    return Config(
        bridge=bridge,
        accounts=accounts,
        engine=engine_settings(s.sip, sound_settings(s.audio, tree), recording, accounts, tree),
        mqtt=mqtt,
        headset=headset_settings(s.headset),
        habits=habits(
            s.headset.model_copy(update={"keys": free_keys(s.keys, s.headset.keys)}),
            s.calls,
            rules,
            s.audio,
            tuple(line_habits(a, n) for n, a in by_name.items()),
            configured_profiles(s.forwarding) if s.forwarding.here else (),
            has_pbx=s.pbx.id is not None,
        ),
        state_dir=state,
        control_socket=control,
        history_days=s.history.days,
        directories=directories,
        desktop=desktop_settings(s.desktop, s.keys, enabled=tree.value.get("desktop") != "off"),
        panels=panel_settings(s.panels),
        page=page,
        http=http,
        phones=phones,
        pbx=s.pbx.id or "",
        presence=presence_settings(s.presence, lamps.extension, bridge, s.pbx.id or ""),
        meetings=meetings,
        remote=remote,
        gateway=gateway_settings(
            s.gateway, _password(secrets, ASTERISK_PATH), _password(secrets, ARI_PATH), tree
        ),
        lamps=lamps,
        favourites=tuple(favourite(entry) for entry in s.favourites.values()),
        log_level=s.log.level,
        files=tuple(str(file) for file in tree.files),
        warnings=(
            *warnings,
            *_warnings(accounts, mqtt, s, env),
            *contacts_warnings(directories),
            *phones_warnings(http, phones),
            *meetings_warnings(meetings, has_mqtt=mqtt.enabled),
        ),
    )


def _voicemail(sections: Sections) -> str:
    """Return what the first account dials for messages."""
    first = next(iter(sections.accounts.values()), None)
    return (first.voicemail or "") if first is not None else ""


def _warnings(
    accounts: tuple[AccountSettings, ...], mqtt: MqttSettings, sections: Sections, env: places.Env
) -> list[str]:
    """Return what is allowed but perhaps not meant."""
    said = []
    remote = sections.remote is not None and sections.remote.bridge is not None
    is_gateway = sections.gateway is not None and bool(sections.gateway.model_fields_set)
    if not accounts and not sections.phones and not remote and not is_gateway:
        said.append(
            f"no account configured: calls are not possible; put one into "
            f"{places.user_config(env)} (`offhook config reference` shows how)"
        )
    said += [sentence for account in accounts for sentence in _account_warnings(account)]
    is_tls = any(account.transport is Transport.TLS for account in accounts)
    if is_tls and sections.sip is not None and not sections.sip.tls.verify:
        said.append("sip.tls.verify is false: anybody on the way can pose as the PBX")
    if mqtt.password and mqtt.tls is None and not mqtt.is_local:
        said.append(f"mqtt: the password for {mqtt.host} travels readable; set mqtt.tls")
    return said


def _account_warnings(account: AccountSettings) -> list[str]:
    said = []
    if account.srtp is not Srtp.OFF and account.transport is not Transport.TLS:
        said.append(
            f"account {account.account}: the keys of srtp travel readable without transport tls"
        )
    if not account.server and not account.allow_from:
        said.append(
            f"account {account.account}: peer to peer, everybody who reaches this machine can "
            "ring it; allow_from limits that"
        )
    return said


def host_id(name: str) -> str:
    """Return a host name as a bridge id: small letters, digits and ``-``, at most 32."""
    text = re.sub(r"[^a-z0-9-]+", "-", name.split(".", maxsplit=1)[0].lower()).strip("-")
    return text[:32] or "desk"
