"""The test PBX does what its guide says; slow, and only of interest when the PBX changes."""

import subprocess
import sys

import pytest

from tests.pbx.instance import Pbx

SCENARIOS = 17
LIMIT_S = 180


@pytest.mark.soak
@pytest.mark.sip
@pytest.mark.timeout(LIMIT_S + 20)
@pytest.mark.needs("kamailio", "mosquitto", "mosquitto-clients", "openssl")
def test_every_feature_of_the_pbx_works_with_real_phones(pbx: Pbx) -> None:
    command = [sys.executable, "-m", "tests.pbx.check_pjsua2"]
    done = subprocess.run(
        [*command, "--port-base", str(pbx.settings.port_base)],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" ok  (") == SCENARIOS
