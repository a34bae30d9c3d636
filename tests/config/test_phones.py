"""The sections ``http`` and ``phones``."""

import pytest

from bridge.model.http import HttpSettings
from bridge.model.intents import Intent, Verb
from bridge.model.phones import PhoneSettings, PhoneVendor
from tests.config.loading import Load, problems

TOKEN = "0123456789abcdef"
PHONE = f"phones:\n- id: front\n  vendor: yealink\n  addresses: [127.0.0.1]\n  token: {TOKEN}\n"


def test_without_phones_nothing_listens(load: Load) -> None:
    config = load("")
    assert config.phones == ()
    assert config.http == HttpSettings("127.0.0.1", 8088, ())


def test_a_phone_has_a_line_of_its_own(load: Load) -> None:
    (phone,) = load(PHONE).phones
    assert phone == PhoneSettings("front", PhoneVendor.YEALINK, ("127.0.0.1",), TOKEN)
    assert phone.account == "phone-front"


def test_everything_can_be_said(load: Load) -> None:
    text = (
        "http: {bind: 0.0.0.0, port: 80, names: [Desk.Example]}\n" + PHONE + "  control: "
        "https://192.0.2.20/\n  user: admin\n  password: secret\n  identity: 201@pbx.example\n"
        "  check_certificate: false\n  keys: {P1: dial 202, long P1: dnd_on}\n"
    )
    config = load(text)
    assert config.http == HttpSettings("0.0.0.0", 80, ("desk.example",))
    assert config.phones == (
        PhoneSettings(
            "front",
            PhoneVendor.YEALINK,
            ("127.0.0.1",),
            TOKEN,
            "https://192.0.2.20",
            "admin",
            "secret",
            "201@pbx.example",
            check_certificate=False,
            keys=(
                ("P1", Intent(Verb.DIAL, target="202")),
                ("long P1", Intent(Verb.DND_ON)),
            ),
        ),
    )


def test_numbers_dialled_by_a_phone_are_read_as_everywhere(load: Load) -> None:
    rules = load("numbers: {country: DE}\n" + PHONE).habits.numbers
    assert rules.plan_of(load(PHONE).phones[0].account).country == "DE"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http: {bind: everywhere}\n", 'http.bind: found "everywhere", expected an address'),
        ("http: {names: ['a b']}\n", "http.names[0]: found"),
        ("phones: front\n", "phones: found no list, expected a list of desk phones"),
        (PHONE.replace("front", "Front"), "phones[0].id: found"),
        (PHONE.replace("yealink", "cisco"), "phones[0].vendor: found"),
        (PHONE.replace("[127.0.0.1]", "[phone.example]"), "phones[0].addresses[0]: found"),
        (PHONE.replace("[127.0.0.1]", "[]"), "phones[0].addresses: found"),
        (PHONE.replace(TOKEN, "short"), "found 5 characters (not shown), expected 16 to 64"),
        (PHONE + "  control: 192.0.2.20\n", "phones[0].control: found"),
        (PHONE + "  control: http://192.0.2.20/servlet\n", "phones[0].control: found"),
        (PHONE + "  control: http://a:b@192.0.2.20\n", "phones[0].control: found"),
        (PHONE + "  identity: 201@pbx&key=Reboot\n", "phones[0].identity: found"),
        (PHONE + "  keys: {P1: dance}\n", "phones[0].keys.P1: found"),
        (PHONE + PHONE.removeprefix("phones:\n"), "phones[1].id: found front once more"),
        (
            "account: {id: phone-front, user: '1', register: false}\n" + PHONE,
            "phones[0].id: found front, expected another name: phone-front is the id of",
        ),
    ],
)
def test_what_cannot_be_is_told_with_its_place(load: Load, text: str, said: str) -> None:
    (problem,) = problems(load, text)
    assert said in problem
    assert "short" not in problem


def test_more_phones_than_a_desk_has_are_refused(load: Load) -> None:
    one = PHONE.removeprefix("phones:\n")
    text = "phones:\n" + "".join(one.replace("front", f"p{n}") for n in range(17))
    (problem,) = problems(load, text)
    assert "found more than 16 phones, expected 16 at most" in problem


def test_a_phone_that_cannot_reach_us_is_warned_of(load: Load) -> None:
    warnings = load(PHONE.replace("127.0.0.1", "192.0.2.20")).warnings
    assert any("front cannot reach 127.0.0.1" in warning for warning in warnings)
    assert not any("cannot reach" in warning for warning in load(PHONE).warnings)
