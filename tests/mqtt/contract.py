"""The contract document as a validator: which schema holds for a topic, and whether it does."""

import functools
import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import yaml

import bridge.protocols

DOCUMENT = Path(bridge.protocols.__file__).parent / "asyncapi.yaml"
PAGE = DOCUMENT.with_name("mqtt.md")


@functools.cache
def document() -> dict[str, Any]:
    loaded = yaml.safe_load(DOCUMENT.read_text())
    assert isinstance(loaded, dict)
    return loaded


@functools.cache
def validator(message: str) -> jsonschema.Draft202012Validator:
    """A validator for one message by its name in ``components/messages``."""
    payload = document()["components"]["messages"][message]["payload"]
    return jsonschema.Draft202012Validator({**payload, "components": document()["components"]})


def channel_of(topic: str) -> str:
    """Which channel of the document a topic belongs to; exactly one."""
    found = [name for name, pattern in _patterns().items() if pattern.fullmatch(topic)]
    if "selfTest" in found:
        return "selfTest"
    assert len(found) == 1, f"{topic}: {found}"
    return found[0]


@functools.cache
def _patterns() -> dict[str, re.Pattern[str]]:
    return {
        name: re.compile(re.sub(r"\\\{(\w+)\\\}", _values, re.escape(channel["address"])))
        for name, channel in document()["channels"].items()
    }


def _values(parameter: re.Match[str]) -> str:
    """What may stand for a parameter of an address."""
    words = document()["components"]["parameters"][parameter[1]].get("enum")
    return f"(?:{'|'.join(words)})" if words else "[^/+#]+"


def check(topic: str, payload: bytes) -> None:
    """Raise unless the payload is what the contract says for the topic."""
    assert len(payload) <= 64_000
    channel = channel_of(topic)
    if channel == "selfTest" or not payload:  # an empty payload clears a retained topic
        return
    validator(channel).validate(json.loads(payload))
