"""``offhook pbx-gateway`` says what it lacks."""

from pathlib import Path

import pytest

from bridge.cli.main import main


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ("mqtt: {broker: 127.0.0.1}\n", "set pbx.id"),
        ("pbx: {id: office}\n", "set mqtt.broker"),
        ("pbx: {id: office}\nmqtt: off\n", "set mqtt.broker"),
        ("pbx: {id: desk}\nbridge: {id: desk}\n", "another name than bridge.id"),
        ("pbx: {id: Office 1}\n", "small letters"),
        ("gateway: {kind: fax}\n", "kamailio"),
        ("gateway: {topic: a/#}\n", "1 to 4 levels"),
    ],
)
def test_a_gateway_that_lacks_something_says_what(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], config: str, words: str
) -> None:
    path = tmp_path / "gateway.yaml"
    path.write_text(config)
    assert main(["pbx-gateway", "--config", str(path)]) != 0
    assert words in capsys.readouterr().err
