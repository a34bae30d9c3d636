"""How long a lamp needs, from what a telephone says by SIP to each place where it is seen.

A real Kamailio, a real Mosquitto, the gateway in a process of its own, and the daemon in this one
with a serial panel on a pseudo terminal and a Stream Deck at its bytes. The telephone, the reader
of MQTT and the clock are on a thread of their own that looks every ``LOOK_S``.
"""

import asyncio
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from pathlib import Path

from tests.bench.figures import Row, Sample
from tests.bench.lamp_phone import LampPhone
from tests.bench.mqtt_probe import Json, Probe
from tests.bench.programs import Program
from tests.bench.wire import Wire
from tests.integration.lamp_eyes import Watcher
from tests.integration.lamp_stage import ANNA, Stage, stage_at
from tests.integration.pbx_desk import PREFIX, telephones
from tests.integration.phones import Baresip
from tests.integration.running import BASE
from tests.mqtt.pbx_words import PBX_BASE
from tests.pbx.instance import Pbx
from tests.pbx.ports import port_block
from tests.pbx.settings import Settings

NUMBER = 201
LOOK_S = 0.0002
WARM_UP = 2  # rounds that do not count
HOP = "a message through the broker and back"
ROWS = {
    "branch": "the PBX's branch on MQTT",
    "panel": "serial panel",
    "deck": "Stream Deck",
    "blf": "the bridge's branch on MQTT",
    "phone": "watching telephone (Kamailio alone)",
}

Looks = Mapping[str, Callable[[], str]]


class Clock:
    """Takes the time of each lamp; used by one thread.

    Args:
        wire: serves telephone and reader meanwhile.
        looks: name of a lamp -> what it shows now.
    """

    def __init__(self, wire: Wire, looks: Looks) -> None:
        self._wire = wire
        self._looks = looks
        self.samples: dict[str, Sample] = defaultdict(Sample)

    def take(self, says: Callable[[], int], state: str) -> None:
        """Let the telephone say something, and wait until every lamp shows it."""
        waited = dict(self._looks)
        began_ns = says()

        def all_show() -> bool:
            for name in [name for name, look in waited.items() if state in look().split("|")]:
                self.samples[name].add_ns(began_ns, time.monotonic_ns())
                del waited[name]
            return not waited

        self._wire.until(all_show, f"every lamp shows {state}: {waited}", poll_s=LOOK_S)


def lamp_time_rows(rounds: int) -> list[Row]:
    """Measure; three states a round.

    Args:
        rounds: calls.
    """
    folder = Path(tempfile.mkdtemp(prefix="offhook-bench-"))
    try:
        with port_block() as base:
            settings = Settings(port_base=base, state=str(folder / "pbx"))
            with Pbx(settings) as pbx:
                gateway = _gateway(pbx, folder)
                try:
                    return asyncio.run(_measured(pbx, folder, rounds))
                finally:
                    gateway.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _gateway(pbx: Pbx, folder: Path) -> Program:
    """``offhook pbx-gateway``; becomes ready by itself."""
    config = folder / "gateway.yaml"
    config.write_text(
        f"pbx: {{id: office}}\ngateway: {{topic: {PREFIX}}}\n"
        f"mqtt: {{broker: {pbx.host}, port: {pbx.mqtt_port}}}\n"
    )
    command = [sys.executable, "-m", "bridge.cli.main", "pbx-gateway", "--config", str(config)]
    return Program(command, folder)


async def _measured(pbx: Pbx, folder: Path, rounds: int) -> list[Row]:
    wire = Wire()
    with ExitStack() as stack:
        phone = LampPhone(wire, pbx.sip_port, str(NUMBER), pbx.password(NUMBER))
        probe = stack.enter_context(closing(Probe(wire, pbx.host, pbx.mqtt_port)))
        watcher = stack.enter_context(closing(Watcher(pbx, str(NUMBER))))
        stack.enter_context(closing(phone))
        async with stage_at(pbx, folder) as stage, telephones(pbx, folder, 200) as (caller,):
            clock = Clock(wire, _looks(stage, probe, watcher))
            await asyncio.to_thread(phone.register)
            hops = Sample()
            for number in range(WARM_UP + rounds):
                if number == WARM_UP:
                    clock.samples.clear()
                    hops.values.clear()
                await stage.keys.shows(ANNA, "free")
                await _round(pbx, clock, phone, caller)
                hops.add_ns(*await asyncio.to_thread(probe.round_trip, {"size": "a" * 100}))
    return [
        Row(
            f"lamp_sip_{name}", f"SIP 180, 200, BYE → {title}", "ms", clock.samples[name], HOP, hops
        )
        for name, title in ROWS.items()
    ]


async def _round(pbx: Pbx, clock: Clock, phone: LampPhone, caller: Baresip) -> None:
    """One call: three states."""
    await caller.calls(pbx.uri(NUMBER))
    await asyncio.to_thread(phone.is_called)
    for says, state in (
        (phone.rings, "ringing"),
        (phone.answers, "busy"),
        (phone.hangs_up, "free"),
    ):
        await asyncio.to_thread(clock.take, says, state)


def _looks(stage: Stage, probe: Probe, watcher: Watcher) -> Looks:
    """Every lamp of Anna."""
    states: dict[str, str] = {}

    def note(name: str, topic: str) -> Callable[[], str]:
        def take(body: Json, _now_ns: int) -> None:
            states[name] = str(body.get("state", ""))

        probe.listen(topic, take)
        return lambda: states.get(name, "")

    return {
        "branch": note("branch", f"{PBX_BASE}/ext/{NUMBER}/state"),
        "panel": lambda: stage.panel.shows(ANNA),
        "deck": lambda: stage.deck.shows(ANNA),
        "blf": note("blf", f"{BASE}/blf/{ANNA}"),
        "phone": lambda: watcher.shows(str(NUMBER)),
    }
