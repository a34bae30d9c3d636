"""Words about telephone numbers: what would be dialled, and why."""

import argparse
from collections.abc import Iterator
from pathlib import Path

from bridge.cli.client import RefusedError
from bridge.cli.exits import Exit
from bridge.cli.show import emit
from bridge.config.load import load_config
from bridge.model.ids import AccountId
from bridge.model.numbers import Dialable, DialPlan, NumberRules, Refused
from bridge.numbers.barring import may_call, may_pass_on, may_ring
from bridge.numbers.callers import caller
from bridge.numbers.dialling import dial, pass_on
from bridge.numbers.limits import too_costly

FREE = "yes"


def explain(args: argparse.Namespace) -> Exit:
    """Say step by step what would be dialled for a text, by the configuration as it is now.

    Raises:
        ConfigError: the configuration cannot be used.
        RefusedError: there is no such account.
    """
    config = load_config(Path(args.config) if args.config else None, only_check=True)
    rules = config.habits.numbers
    account = _account(rules, args.account)
    plan = rules.plan_of(account)
    found = dial(args.text, plan)
    body = {"ok": True, "text": args.text, "account": account, **_body(found, plan, rules)}
    body["as_caller"] = {
        "known_as": caller(args.text, plan),
        "may_ring": _ring(args.text, plan, rules),
    }
    emit(body, _lines(body), as_json=args.json)
    return Exit.OK


def _account(rules: NumberRules, named: str | None) -> AccountId | None:
    names = [name for name, _ in rules.plans]
    if named is None:
        return names[0] if names else None
    if named not in names:
        known = ", ".join(names) or "none is configured"
        raise RefusedError(f"there is no account {named}: expected one of {known}")
    return AccountId(named)


def _body(found: Dialable | Refused, plan: DialPlan, rules: NumberRules) -> dict[str, object]:
    if isinstance(found, Refused):
        return {"dialable": False, "reason": found.reason, "steps": list(found.steps)}
    barred = may_call(found, plan, rules)
    return {
        "dialable": True,
        "target": found.target,
        "kind": found.kind.value,
        "shown": found.shown,
        "e164": found.e164,
        "country": found.country,
        "tariff": found.tariff.value,
        "steps": list(found.steps),
        "from_device": barred or FREE,
        "off_devices": barred or too_costly(found, plan, rules.limits) or FREE,
        "forward": _forward(found, plan, rules),
    }


def _forward(found: Dialable, plan: DialPlan, rules: NumberRules) -> str:
    onward = pass_on(found.target, plan)
    if isinstance(onward, Refused):
        return onward.reason
    return may_pass_on(found, plan, rules) or FREE


def _ring(text: str, plan: DialPlan, rules: NumberRules) -> str:
    return may_ring(text, plan, rules) or FREE


_ROWS = {
    "target": "sent",
    "kind": "kind",
    "shown": "shown",
    "e164": "e.164",
    "country": "country",
    "tariff": "tariff",
    "reason": "refused",
    "from_device": "dialled on a device",
    "off_devices": "by MQTT, command, link",
    "forward": "transfer or forward",
}


def _lines(body: dict[str, object]) -> Iterator[str]:
    account = body["account"] or "none is configured"
    yield f"{'account':24}{account}"
    steps = body["steps"]
    for number, step in enumerate(steps if isinstance(steps, list) else [], 1):
        yield f"{number:>2}. {step}"
    for key, title in _ROWS.items():
        if body.get(key):
            yield f"{title:24}{body[key]}"
    known = body["as_caller"]
    if isinstance(known, dict):
        yield f"{'as a caller':24}{known['known_as']}, may ring: {known['may_ring']}"
