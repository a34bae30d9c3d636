"""The test servers themselves: they start, answer, survive a kill, and leave nothing behind."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.pbx.instance import Broker, Pbx
from tests.pbx.ports import port_block
from tests.pbx.processes import ORDER, running, start_all
from tests.pbx.readiness import mqtt_retained, sip_answers, tcp_open, wait_until
from tests.pbx.settings import PbxError, Settings

kamailio = pytest.mark.needs("kamailio", "mosquitto", "openssl")


@kamailio
def test_the_pbx_answers_sip_and_says_so_on_mqtt(pbx: Pbx) -> None:
    assert sip_answers(pbx.host, pbx.sip_port)
    assert tcp_open(pbx.host, pbx.settings.tls_port)
    assert mqtt_retained(pbx.host, pbx.mqtt_port, "pbx/status") == "online"
    assert pbx.rpc("dlg.list") == []


@kamailio
def test_a_killed_pbx_goes_offline_on_mqtt_and_comes_back_on_its_ports(pbx: Pbx) -> None:
    def status() -> str | None:
        return mqtt_retained(pbx.host, pbx.mqtt_port, "pbx/status")

    pbx.kill()
    assert not sip_answers(pbx.host, pbx.sip_port)
    assert wait_until(lambda: status() == "offline", 10)
    pbx.start_part()
    assert sip_answers(pbx.host, pbx.sip_port)
    assert status() == "online"


@kamailio
def test_two_instances_run_side_by_side_and_end_without_leftovers(
    pbx: Pbx, short_dir: Path
) -> None:
    with port_block() as base:
        settings = Settings(port_base=base, state=str(short_dir))
        with Pbx(settings) as other:
            assert other.sip_port != pbx.sip_port
            assert sip_answers(other.host, other.sip_port)
        assert [running(settings, name) for name in ORDER] == [None] * len(ORDER)
    assert sip_answers(pbx.host, pbx.sip_port)


@kamailio
def test_a_taken_port_is_said_and_nothing_stays_behind(pbx: Pbx, short_dir: Path) -> None:
    settings = Settings(port_base=pbx.settings.port_base, state=str(short_dir))
    with pytest.raises(PbxError, match="is taken, choose another base"):
        start_all(settings)
    assert [running(settings, name) for name in ORDER] == [None] * len(ORDER)


@kamailio
def test_the_command_line_tells_status_and_ports(pbx: Pbx) -> None:
    def say(word: str) -> str:
        command = [sys.executable, "-m", "tests.pbx", word, "--state-dir", pbx.settings.state]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert say("status").count("running, pid") == len(ORDER)
    assert f"PBX_SIP_PORT={pbx.sip_port}\n" in say("env")


@pytest.mark.needs("mosquitto")
def test_a_killed_broker_restarts_on_the_same_port(mosquitto: Broker) -> None:
    mosquitto.kill()
    assert not tcp_open(mosquitto.host, mosquitto.port)
    mosquitto.start()
    assert tcp_open(mosquitto.host, mosquitto.port)
