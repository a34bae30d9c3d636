"""Dial plans of a few desks."""

from bridge.model.numbers import Dialable, DialPlan, DigitRange, Refused, Send
from bridge.numbers.countries import COUNTRIES
from bridge.numbers.dialling import dial
from bridge.numbers.emergency import numbers_of

HOSTS = frozenset({"pbx.example.org"})


def plan_in(  # what a configuration says about an account
    country: str,
    area: str = "",
    outside: str = "",
    send: Send = Send.TYPED,
    extensions: tuple[DigitRange, ...] = (),
) -> DialPlan:
    code, idd, _, _ = COUNTRIES[country]
    return DialPlan(country, code, idd, area, extensions, outside, send, numbers_of(country), HOSTS)


MUNICH = plan_in("DE", area="89")
MUNICH_PBX = plan_in("DE", area="89", outside="0", send=Send.NATIONAL)
VIENNA = plan_in("AT", area="1", send=Send.E164)
NEW_YORK = plan_in("US", area="212", outside="9")
ROME = plan_in("IT")
PARIS = plan_in("FR", outside="0", send=Send.IDD)
MOSCOW = plan_in("RU", area="495")
SYDNEY = plan_in("AU", area="2", send=Send.E164)
NOWHERE = DialPlan(hosts=HOSTS)
PEER = DialPlan()

PLANS = {
    "Munich": MUNICH,
    "Munich behind a PBX": MUNICH_PBX,
    "Vienna": VIENNA,
    "New York": NEW_YORK,
    "Rome": ROME,
    "Paris": PARIS,
    "Moscow": MOSCOW,
    "Sydney": SYDNEY,
    "nowhere": NOWHERE,
}


def dialled(text: str, plan: DialPlan) -> Dialable:
    """Return what is dialled; a refusal fails the test with its sentence."""
    found = dial(text, plan)
    assert isinstance(found, Dialable), found
    return found


def refusal(text: str, plan: DialPlan) -> str:
    """Return the sentence of a refusal."""
    found = dial(text, plan)
    assert isinstance(found, Refused), found
    return found.reason
