"""The page and the document say the same as the code."""

import json
import re

import pytest

from bridge.protocols.mqtt_lamps import FINGER_TTL_S
from bridge.protocols.mqtt_outbox import REPLY_TTL_S
from bridge.protocols.mqtt_payloads import CALL_TTL_S, KEY_TTL_S
from tests.mqtt.contract import PAGE, document, validator

SAMPLES = re.findall(r"```json (\w+)\n(.+?)\n```", PAGE.read_text(), flags=re.DOTALL)
TOPIC_ROWS = dict(
    re.findall(
        r"^\| `([\w/{}]+)` \| [^|]+ \| \**(yes|no|never)\** \|",
        PAGE.read_text(),
        flags=re.MULTILINE,
    )
)


def below(address: str) -> str:
    """An address without what all topics begin with."""
    return re.sub(r"^\{root\}/1/\{(bridge|pbx)\}/", "", address)


@pytest.mark.parametrize(("message", "sample"), SAMPLES)
def test_samples_in_the_page_are_valid(message: str, sample: str) -> None:
    validator(message).validate(json.loads(sample))


def test_every_message_has_a_sample() -> None:
    assert {message for message, _ in SAMPLES} == set(document()["components"]["messages"])


def test_the_page_lists_the_channels_of_the_document() -> None:
    channels = {below(c["address"]) for c in document()["channels"].values()}
    assert set(TOPIC_ROWS) == channels


@pytest.mark.parametrize("operation", sorted(document()["operations"]))
def test_retain_is_the_same_in_page_and_document(operation: str) -> None:
    entry = document()["operations"][operation]
    channel = entry["channel"]["$ref"].rsplit("/", 1)[1]
    address = below(document()["channels"][channel]["address"])
    assert entry["bindings"]["mqtt"]["retain"] is (TOPIC_ROWS[address] == "yes")
    assert entry["bindings"]["mqtt"]["qos"] == 1


@pytest.mark.parametrize(
    ("operation", "seconds"),
    [
        ("publishDeviceEvent", KEY_TTL_S),
        ("publishDigitEvent", KEY_TTL_S),
        ("publishPanelEvent", FINGER_TTL_S),
        ("publishCallEvent", CALL_TTL_S),
        ("publishReply", REPLY_TTL_S),
    ],
)
def test_lifetimes_are_those_of_the_code(operation: str, seconds: float) -> None:
    bindings = document()["operations"][operation]["bindings"]["mqtt"]
    assert bindings["messageExpiryInterval"] == seconds
