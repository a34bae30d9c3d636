"""Meetings of the room, and the bridge that is controlled, in the configuration file."""

from pathlib import Path

import pytest

from bridge.model.ids import AccountId
from bridge.model.meetings import MeetingSettings
from bridge.model.remote import RemoteSettings, fingerprint
from tests.config.loading import SECRET, Load, problems

URL = "meetings: {url: https://cal.example.org/room.ics?key=4711"
BROKER = "mqtt: {broker: b.example.org}\n"
LINE = "account: {server: 'pbx.example.org:5062', user: '200'}\n"


def test_without_a_word_there_are_no_meetings_and_nobody_is_controlled(load: Load) -> None:
    config = load("")
    assert not config.meetings.enabled
    assert not config.remote.enabled


def test_a_calendar_with_everything(load: Load) -> None:
    config = load(
        f"{URL}, user: room, password: {SECRET}, refresh: 2, titles: true, busy: false, early: 5, "
        "trust_clock: true, mqtt: true}"
    )
    assert config.meetings == MeetingSettings(
        "https://cal.example.org/room.ics?key=4711",
        user="room",
        password=SECRET,
        mqtt=True,
        refresh_s=120.0,
        shows_titles=True,
        sets_busy=False,
        early_s=300.0,
        trusts_clock=True,
    )
    assert SECRET not in repr(config)
    assert "4711" not in repr(config)


def test_webcal_is_https_and_a_file_lies_beside_the_configuration(load: Load) -> None:
    assert load("meetings: {url: webcal://c.example/a.ics}").meetings.url.startswith("https://c.")
    file = Path(load("meetings: {file: room.ics}").meetings.file)
    assert (file.name, file.is_absolute()) == ("room.ics", True)


REFUSED = {
    "meetings: {url: ftp://x/room.ics}": "1: meetings.url: found no such address, expected https",
    "meetings: {url: 'https://me:pw@x/a'}": "1: meetings.url: found no such address, expected",
    URL + ", file: a.ics}": '1: meetings.file: found "a.ics", expected either url or file',
    "meetings: {user: room}": "1: meetings.user: found no url, expected meetings.url",
    "meetings: {password: x}": "1: meetings.password: found no url, expected meetings.url",
    "meetings: {refresh: 0}": "1: meetings.refresh: found 0, expected 1 or more",
    URL + ", ca_file: no.pem}": '1: meetings.ca_file: found "no.pem", expected a file at',
    "remote: {bridge: desk 42}": '1: remote.bridge: found "desk 42", expected 1 to 32 small',
    "remote: {bridge: desk-42}": '1: remote.bridge: found "desk-42", expected mqtt.broker',
    BROKER + "remote: {bridge: auto}": "2: remote.bridge: found auto, expected an account by",
    BROKER + "bridge: {id: a}\nremote: {bridge: a}": '3: remote.bridge: found "a", expected anoth',
}


@pytest.mark.parametrize(("text", "sentence"), REFUSED.items())
def test_what_is_wrong_is_said_without_secrets(load: Load, text: str, sentence: str) -> None:
    (said,) = problems(load, text)
    assert said.startswith(sentence)
    assert "4711" not in said


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("meetings: {url: http://c/a.ics, user: u, password: x}", "travels readable"),
        ("mqtt: off\nmeetings: {mqtt: true}", "MQTT is off"),
    ],
)
def test_what_may_not_be_meant_is_warned_of(load: Load, text: str, warning: str) -> None:
    assert any(warning in said for said in load(text).warnings)


def test_the_controlled_bridge_is_named_or_found_by_the_account(load: Load) -> None:
    named = load(BROKER + "remote: {bridge: desk-42}")
    assert named.remote == RemoteSettings("desk-42")
    assert not any("no account" in said for said in named.warnings)
    found = load(BROKER + LINE + "remote: {bridge: auto}").remote
    address = fingerprint("200", "PBX.example.org")
    assert (found.finds, found.account, found.address) == (True, AccountId("line-1"), address)
