"""The order of a whole bench, and how long each part takes."""

import os
import sys
from contextlib import ExitStack, closing
from dataclasses import dataclass

from bridge.app.serve import SWITCH_S
from tests.bench import flood, keys
from tests.bench.audio_delay import sound_rows
from tests.bench.calls import Calls
from tests.bench.costs import Pids, idle, idle_rows
from tests.bench.figures import Row
from tests.bench.fleet import fleet_rows
from tests.bench.flood_crowd import HEADSETS, RATE
from tests.bench.lab import run_in_vm
from tests.bench.lamp_times import lamp_time_rows
from tests.bench.lamps import lamp_rows
from tests.bench.machine import Busy, debian_version, machine
from tests.bench.mqtt_probe import Probe
from tests.bench.page import page_rows
from tests.bench.page_bytes import page_byte_rows
from tests.bench.phones import Baresip, Offhook, Place
from tests.bench.places import bench_place
from tests.bench.relay import Relay
from tests.bench.sip_peer import HOST
from tests.bench.start import start_rows
from tests.bench.talking import memory_rows, talk_rows
from tests.conftest import reason_to_skip
from tests.scenarios.families import FAMILIES

WARM_UP = 3  # rounds that do not count: imports, caches, the first call of everything


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Args:
        starts: of each phone.
        rounds: of calls; two calls of ours and one of baresip in each.
        idle_s: how long idle phones are looked at, twice.
        talk_s: how long each call with sound is looked at.
        sound_s: how long impulses are sent through a sound server and a call.
        key_rounds: calls by the keys of each family, four presses in each.
        flood_calls: calls taken while eight headsets flood, three seconds each.
        lab_rounds: as ``key_rounds``, in the lab's VM.
        lamps_s: how long each storm of states lasts, two of them.
        lamp_rounds: calls of two telephones whose lamps are watched, three states in each.
        fleet: bridges that lose their broker.
    """

    starts: int
    rounds: int
    idle_s: float
    talk_s: float
    sound_s: float
    key_rounds: int
    flood_calls: int
    lab_rounds: int
    lamps_s: float
    lamp_rounds: int
    fleet: int


FULL = Plan(
    starts=9,
    rounds=100,
    idle_s=20.0,
    talk_s=8.0,
    sound_s=72.0,
    key_rounds=40,
    flood_calls=8,
    lab_rounds=10,
    lamps_s=10.0,
    lamp_rounds=40,
    fleet=500,
)
QUICK = Plan(
    starts=3,
    rounds=20,
    idle_s=6.0,
    talk_s=3.0,
    sound_s=7.0,
    key_rounds=5,
    flood_calls=2,
    lab_rounds=2,
    lamps_s=3.0,
    lamp_rounds=8,
    fleet=50,
)

Facts = dict[str, object]


def say(text: str) -> None:
    """Tell a person who waits what goes on; not part of the result."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def what_is_missing() -> str:
    """Why nothing can be measured here; empty when it can."""
    reasons = [reason_to_skip(need) for need in ("mosquitto", "pjsua2")]
    return "; ".join(reason for reason in reasons if reason)


def run(plan: Plan, *, lab: bool = False) -> tuple[list[Row], Facts]:
    """Measure everything; return rows and the facts they hold for.

    Args:
        plan: how much.
        lab: also on real device nodes, in the lab's VM.
    """
    busy, load = Busy.now(), os.getloadavg()[0]
    with_baresip = reason_to_skip("baresip") is None
    if not with_baresip:
        say("baresip is not installed (Debian: baresip-core): no peer to compare with")
    with bench_place() as place:
        say("starting and stopping")
        rows = start_rows(place, plan.starts, with_baresip=with_baresip)
        rows = _phones(place, plan, with_baresip=with_baresip) + rows
        say(f"{plan.rounds} calls told to a reader of the page's events")
        rows += page_byte_rows(place, plan.rounds)
        say("two calls at once")
        with closing(Probe(place.wire, HOST, place.broker_port)) as probe:
            rows += memory_rows(place, probe, with_baresip=with_baresip)
        rows += _page(place, plan)
    if reason_to_skip("pulseaudio") is None:
        say("impulses through a sound server and a call")
        rows += sound_rows(plan.sound_s)
    if with_baresip and reason_to_skip("kamailio") is None:
        say("lamps of a panel, a deck and others, from Kamailio")
        rows += lamp_time_rows(plan.lamp_rounds)
    rows += _headsets(plan) + _lamps(plan)
    if lab:
        say("starting the lab's VM")
        rows += run_in_vm(plan.lab_rounds, plan.flood_calls)
    peers = f"baresip {debian_version('baresip-core')}, " if with_baresip else ""
    facts: Facts = {
        "machine": machine(),
        "peers": f"{peers}mosquitto {debian_version('mosquitto')}",
        "load": {
            "begin": round(load, 2),
            "end": round(os.getloadavg()[0], 2),
            "busy_percent": round(Busy.now().share_since(busy), 1),
        },
    }
    return rows, facts


def _page(place: Place, plan: Plan) -> list[Row]:
    """What a browser is needed for."""
    if reason := reason_to_skip("chromium"):
        say(f"the page is left out: {reason}")
        return []
    say("calls on the page")
    return page_rows(place, plan.rounds)


def _headsets(plan: Plan) -> list[Row]:
    """Everything that only headsets are needed for; in this process."""
    sys.setswitchinterval(SWITCH_S)  # as in the daemon
    say(f"keys of {len(FAMILIES)} families of headsets")
    rows = keys.run(plan.key_rounds)
    say(f"{len(HEADSETS)} headsets, {RATE} reports a second each")
    return rows + flood.run(plan.flood_calls)


def _lamps(plan: Plan) -> list[Row]:
    """Everything that only a broker is needed for."""
    say("a large PBX and 999 keys")
    rows = lamp_rows(plan.lamps_s)
    say(f"{plan.fleet} bridges lose their broker")
    return rows + fleet_rows(plan.fleet)


def _phones(place: Place, plan: Plan, *, with_baresip: bool) -> list[Row]:
    """Everything that running phones are needed for."""
    with ExitStack() as stack:
        probe = Probe(place.wire, HOST, place.broker_port)
        stack.callback(probe.close)
        offhook = Offhook(place)
        stack.callback(offhook.stop)
        offhook.ready(probe)
        baresip = Baresip(place) if with_baresip else None
        if baresip is not None:
            stack.callback(baresip.stop)
            baresip.ready(probe)
        relay = Relay(place.wire, place.sub("relay"))
        stack.callback(relay.stop)
        phones: dict[str, Pids] = {"offhook": lambda: offhook.program.pids}
        if baresip is not None:
            phones["baresip"] = lambda: baresip.program.pids
        rows = _calls_and_idle(place, plan, phones, (probe, offhook, relay, baresip))
        if baresip is not None:
            baresip.stop()
        say("one call at a time, with sound")
        return rows + talk_rows(place, offhook, plan.talk_s, with_baresip=with_baresip)


def _calls_and_idle(
    place: Place,
    plan: Plan,
    phones: dict[str, Pids],
    stage: tuple[Probe, Offhook, Relay, Baresip | None],
) -> list[Row]:
    probe, offhook, relay, baresip = stage
    calls = Calls(place.wire, place.peer, probe, offhook, relay, baresip)
    for number in range(WARM_UP):
        calls.round(number)
    calls.samples.clear()
    say(f"idle for {plan.idle_s:.0f} s")
    first = idle(place, phones, plan.idle_s)
    say(f"{plan.rounds} rounds of calls")
    for number in range(plan.rounds):
        calls.round(number)
    say(f"idle for {plan.idle_s:.0f} s again")
    last = idle(place, phones, plan.idle_s)
    return calls.rows() + idle_rows(first, last, 2 * plan.rounds)
