"""``offhook numbers explain``: what would be dialled, why, and whether it may be."""

import json
from pathlib import Path

import pytest

from bridge.cli.exits import Exit
from bridge.cli.main import main

CONFIG = """\
account: {server: pbx, user: a, id: work, numbers: {outside: 0, send: national}}
accounts: [{server: b, user: x, id: vienna, numbers: {country: AT, area: 01}}]
numbers: {country: DE, area: 089}
barring: {outgoing: {deny: ["+1"]}, incoming: {deny: [abroad]}, forwarded: {allow: [internal]}}
"""

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def config(tmp_path: Path) -> str:
    """A configuration with two dial plans."""
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG)
    return str(file)


def explain(config: str, capsys: Captured, *words: str) -> dict[str, object]:
    assert main(["numbers", "explain", *words, "--config", config, "--json"]) == Exit.OK
    body = json.loads(capsys.readouterr().out)
    assert isinstance(body, dict)
    return body


def test_each_step_and_every_verdict_for_people(config: str, capsys: Captured) -> None:
    assert main(["numbers", "explain", "0 0900/1234567", "--config", config]) == Exit.OK
    assert (
        capsys.readouterr().out
        == """\
account                 work
 1. without blanks and signs it is 009001234567
 2. a national number: +49 900 1 234567, DE
 3. tariff premium
 4. sent in the form 'national'
 5. 0 in front for an outside line
sent                    009001234567
kind                    national
shown                   +49 900 1 234567
e.164                   +499001234567
country                 DE
tariff                  premium
dialled on a device     yes
by MQTT, command, link  a premium-rate number is called from a device only: dial it there, or \
set limits.premium: true
transfer or forward     forwarding to numbers that are not listed in barring.forwarded.allow is \
barred
as a caller             +499001234567, may ring: yes
"""
    )


def test_an_account_is_chosen_by_its_id(config: str, capsys: Captured) -> None:
    body = explain(config, capsys, "01 5862170", "--account", "vienna")
    assert (body["account"], body["target"], body["e164"]) == ("vienna", "015862170", "+4315862170")


def test_an_emergency_number_passes_everything_but_forwarding(
    config: str, capsys: Captured
) -> None:
    body = explain(config, capsys, "+49 112")
    assert (body["kind"], body["target"]) == ("emergency", "112")
    assert body["from_device"] == body["off_devices"] == "yes"
    assert "hang up and dial it alone" in str(body["forward"])


def test_what_is_barred_and_what_cannot_be_dialled(config: str, capsys: Captured) -> None:
    body = explain(config, capsys, "+1 212 555 2368")
    assert body["from_device"] == "calling numbers in +1 is barred (barring.outgoing.deny)"
    assert body["as_caller"] == {
        "known_as": "+12125552368",
        "may_ring": "being called by other countries is barred (barring.incoming.deny)",
    }
    body = explain(config, capsys, "+49")
    assert body["dialable"] is False
    assert str(body["reason"]).startswith("+49: the number is too short")


def test_an_account_that_is_not_there_is_named_with_those_that_are(
    config: str, capsys: Captured
) -> None:
    words = ["numbers", "explain", "1", "--account", "x", "--config", config]
    assert main(words) == Exit.FAILED
    assert capsys.readouterr().err == (
        "offhook: there is no account x: expected one of work, vienna\n"
    )
