"""The section ``gateway``: how a gateway hears its PBX."""

import pytest

from bridge.cli.verbs.gateway import gateway_of
from bridge.model.asterisk import AriSettings, AsteriskSettings, DialPlan, Family
from bridge.model.errors import BusError
from tests.config.loading import Load, problems

BEGIN = "gateway:\n  kind: asterisk\n  asterisk:\n"


def test_a_kamailio_is_the_default(load: Load) -> None:
    settings = load("").gateway
    assert (settings.topic, settings.asterisk) == ("kamailio", None)


def test_a_gateway_is_not_told_that_it_cannot_call(load: Load) -> None:
    assert load("pbx: {id: office}\ngateway: {topic: pbx}\n").warnings == ()


def test_an_asterisk_is_that_of_freepbx_unless_told_otherwise(load: Load) -> None:
    assert load("gateway:\n  kind: asterisk\n").gateway.asterisk == AsteriskSettings()
    assert load(f"{BEGIN}    tls: true\n").gateway.asterisk == AsteriskSettings(tls=True, port=5039)


def test_every_word_of_a_dial_plan_may_be_another(load: Load) -> None:
    text = (
        f"{BEGIN}    channel: SIP/{{}}\n    context: internal\n    hints: [blf]\n    lot: default\n"
        "    pickup: '*8'\n    queue_channel: Local/{}@agents/n\n    dnd_device: Custom:DND{}\n"
        "    no_answer: ''\n    busy: CFBS\n    mailboxes: office\n"
    )
    found = load(text).gateway.asterisk
    assert found is not None
    assert found.plan == DialPlan(
        channel="SIP/{}",
        context="internal",
        hints=frozenset({"blf"}),
        mailboxes="office",
        lot="default",
        pickup="*8",
        queue_channel="Local/{}@agents/n",
        families=((Family.DND, "DND"), (Family.ALWAYS, "CF"), (Family.BUSY, "CFBS")),
        dnd_device="Custom:DND{}",
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("channel: PJSIP", "expected a channel with {} for the extension, such as PJSIP/{}"),
        ("dnd_device: DND{}", "expected a device with {} for the extension, such as Custom:DND{}"),
        ("dnd: a/b", "expected up to 32 letters, digits, _ and -"),
        ("poll: 1", "expected 2 or more"),
    ],
)
def test_what_is_no_word_of_a_dial_plan_is_refused(load: Load, line: str, said: str) -> None:
    (problem,) = problems(load, f"{BEGIN}    {line}\n")
    assert said in problem


async def test_a_gateway_without_a_secret_says_where_it_belongs(load: Load) -> None:
    config = load(f"{BEGIN}    host: 127.0.0.1\npbx:\n  id: office\nmqtt:\n  broker: 127.0.0.1\n")
    with pytest.raises(BusError, match=r"set gateway\.asterisk\.password_file"):
        gateway_of(config)


def test_who_calls_whom_is_asked_where_ari_is_configured(load: Load) -> None:
    assert ari_of(load, "    ari: {password: word}\n") == AriSettings(secret="word")
    text = "    tls: true\n    ari: {user: reader, password: word}\n"
    assert ari_of(load, text) == AriSettings(8089, "reader", "word", tls=True)


def ari_of(load: Load, lines: str) -> AriSettings | None:
    found = load(f"{BEGIN}{lines}").gateway.asterisk
    return None if found is None else found.ari
