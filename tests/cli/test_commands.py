"""The command line as its user types it: words, answers, sentences, exit codes."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli.exits import MEANING, Exit
from bridge.cli.show import columns, duration, entries
from bridge.cli.verbs.asking import status_lines
from bridge.model.bus import Tallies
from bridge.model.calls import (
    CallView,
    DeviceView,
    Direction,
    LineView,
    Party,
    Phase,
    RegistrationState,
    Snapshot,
)
from bridge.model.ids import AccountId, CallId, DeviceId
from bridge.model.intents import Intent, Outcome, Verb
from bridge.protocols.control_answers import Reply
from bridge.protocols.control_status import DaemonFacts, status_body
from tests.cli.conftest import LIMIT_S, Running
from tests.cli.words import run

LINE = AccountId("line-1")
HEADSET = DeviceId("0b0e-0307-1a2b3c4d")

SNAPSHOT = Snapshot(
    calls=(
        CallView(
            CallId("c1"),
            LINE,
            Direction.INCOMING,
            Phase.CONNECTED,
            Party("+49301234567", "Anna"),
            1_000_000,
            HEADSET,
            muted=True,
            codec="G722",
        ),
    ),
    devices=(DeviceView(HEADSET, "Jabra", 0x0B0E, 0x0307, True, False, True, False, True),),
    lines=(LineView(LINE, RegistrationState.FAILED, 403, "Forbidden"),),
    problems=("no sound card",),
)
FACTS = DaemonFacts("desk", "1.2", 77, 185.0, ("/etc/x",), "PJSIP", "private broker", "pulse")

Captured = pytest.CaptureFixture[str]


# -- calls --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "intent"),
    [
        (["answer"], Intent(Verb.ANSWER)),
        (["answer", "--call", "c1"], Intent(Verb.ANSWER, call=CallId("c1"))),
        (["reject"], Intent(Verb.REJECT, status=486)),
        (["reject", "--decline"], Intent(Verb.REJECT, status=603)),
        (["hangup"], Intent(Verb.HANGUP)),
        (["hold"], Intent(Verb.HOLD)),
        (["resume"], Intent(Verb.RESUME)),
        (["swap"], Intent(Verb.SWAP)),
        (["mute"], Intent(Verb.MUTE)),
        (["unmute"], Intent(Verb.UNMUTE)),
        (["call", "+49 (30) 12"], Intent(Verb.DIAL, target="+49 (30) 12")),
        (["call", "201", "--account", "line-1"], Intent(Verb.DIAL, target="201", account=LINE)),
        (["dtmf", "12#a"], Intent(Verb.DTMF, target="12#A")),
        (["redial"], Intent(Verb.REDIAL)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_word_reaches_the_daemon_as_the_intent_it_means(
    running: Running, capsys: Captured, words: list[str], intent: Intent
) -> None:
    assert run(*words) == Exit.OK
    assert running.daemon.intents == [intent]
    assert capsys.readouterr().out == f"{words[0]}: done, call abc\n"


def test_a_refused_intent_is_one_sentence_and_exit_code_1(
    running: Running, capsys: Captured
) -> None:
    running.daemon.reply = Reply(Outcome.CONFLICT, "no call is ringing")
    assert run("answer") == Exit.FAILED
    said = capsys.readouterr()
    assert said.err == "offhook: answer: conflict: no call is ringing\n"
    assert said.out == ""


def test_a_refused_intent_in_json(running: Running, capsys: Captured) -> None:
    running.daemon.reply = Reply(Outcome.BUSY)
    assert run("answer", "--json") == Exit.FAILED
    assert json.loads(capsys.readouterr().out) == {
        "ok": False,
        "exit": 1,
        "error": "answer: busy",
    }


def test_an_intent_under_way_is_a_success_and_says_so(running: Running, capsys: Captured) -> None:
    running.daemon.reply = Reply(Outcome.ACCEPTED, "under way", CallId("c9"))
    assert run("call", "201", "--json") == Exit.OK
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "outcome": "accepted",
        "detail": "under way",
        "call": "c9",
        "number": "",
    }


def test_a_call_says_what_was_dialled(running: Running, capsys: Captured) -> None:
    running.daemon.reply = Reply(Outcome.DONE, "it rings", CallId("c9"))
    calls = [{"call": "c8", "remote": {"number": "1"}}, {"call": "c9", "remote": {"number": "+49"}}]
    running.daemon.body = {"health": "ok", "calls": calls}
    assert run("call", "0049") == Exit.OK
    assert capsys.readouterr().out == "call: done (it rings), +49, call c9\n"


def test_a_clicked_link_is_handed_over_as_it_is(running: Running, capsys: Captured) -> None:
    running.daemon.reply = Reply(Outcome.ACCEPTED, "asked on the screen")
    assert run("link", "tel:+49-30-1234567") == Exit.OK
    assert running.daemon.links == ["tel:+49-30-1234567"]
    assert capsys.readouterr().out == "link: under way (asked on the screen)\n"


def test_a_refused_link_is_one_sentence(running: Running, capsys: Captured) -> None:
    running.daemon.reply = Reply(Outcome.DENIED, "a link may not send a star code")
    assert run("link", "tel:*21%23") == Exit.FAILED
    assert capsys.readouterr().err == "offhook: link: denied: a link may not send a star code\n"


def test_what_the_daemon_refuses_to_read_is_told(running: Running, capsys: Captured) -> None:
    assert run("answer", "--call", "C 1") == Exit.FAILED
    assert "call: found 'C 1', expected a call id" in capsys.readouterr().err


# -- status and stop ----------------------------------------------------------


def test_a_status_in_json_is_what_the_daemon_says(running: Running, capsys: Captured) -> None:
    running.daemon.body = status_body(SNAPSHOT, FACTS)
    assert run("--json", "status") == Exit.OK
    body = json.loads(capsys.readouterr().out)
    assert body == status_body(SNAPSHOT, FACTS)
    assert body["health"] == "degraded"


def test_a_status_for_people() -> None:
    assert list(status_lines(status_body(SNAPSHOT, FACTS), now_s=1035.0)) == [
        "offhook 1.2, bridge desk, process 77, up 3:05 min: degraded",
        "  ! no sound card",
        "engine   PJSIP",
        "sound    pulse",
        "mqtt     private broker",
        "lines    line-1  failed  403 Forbidden",
        f"calls    c1  line-1  in  connected  +49301234567 Anna  35 s  muted  {HEADSET}  G722",
        "devices  0b0e-0307-1a2b3c4d  0b0e:0307  Jabra  off-hook mute",
    ]


def test_what_was_refused_and_lost_is_shown() -> None:
    facts = replace(
        FACTS,
        http="listening on 127.0.0.1:8088, 3 refused",
        http_refused={"wrong token": 3},
        tallies=Tallies({"age": 2, "permit": 1, "run": 12}, {"connections": 4, "dropped": 1}),
        pbx={"pbx": "office", "up": True, "reason": "", "counts": {"lost": 2, "resyncs": 3}},
    )
    lines = list(status_lines(status_body(SNAPSHOT, facts), 1035.0))
    at = lines.index("mqtt     private broker")
    commands = "12 commands obeyed; not obeyed: age 2, permit 1"
    assert lines[at + 1 : at + 5] == [
        f"         {commands}; 4 connections; messages not sent: dropped 1",
        "pbx      office is heard; lost 2 times",
        "http     listening on 127.0.0.1:8088, 3 refused",
        "         refused: wrong token 3",
    ]


@pytest.mark.parametrize(
    ("counts", "more"),
    [({}, ""), ({"epoch": 5, "late": 1}, "; not used of what it said: epoch 5, late 1")],
)
def test_a_pbx_that_is_not_heard_says_why(counts: dict[str, object], more: str) -> None:
    pbx = {"pbx": "office", "up": False, "reason": "is it running?", "counts": counts}
    lines = list(status_lines(status_body(SNAPSHOT, replace(FACTS, pbx=pbx)), 1035.0))
    assert f"pbx      office is not heard: is it running?{more}" in lines


def test_keys_that_the_other_end_pressed_are_shown() -> None:
    (call,) = SNAPSHOT.calls
    pressed = replace(SNAPSHOT, calls=(replace(call, muted=False, pressed="15*#"),))
    body = status_body(pressed, FACTS)
    assert [one["pressed"] for one in entries(body, "calls")] == ["15*#"]
    assert any("  the other end pressed 15*#  " in line for line in status_lines(body, 1035.0))


@pytest.mark.parametrize("body", [{}, {"calls": "x", "lines": [3], "problems": 5, "engine": []}])
def test_a_status_of_another_version_still_shows_something(body: dict[str, object]) -> None:
    assert [line.split()[0] for line in status_lines(body, 0.0)] == [
        "offhook",
        "engine",
        "sound",
        "mqtt",
        "lines",
        "calls",
        "devices",
    ]


def test_stop_ends_the_daemon(running: Running, capsys: Captured) -> None:
    assert run("stop") == Exit.OK
    assert capsys.readouterr().out == f"stopping process {os.getpid()}\n"
    assert running.has_ended()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (59.9, "59 s"), (60, "1:00 min"), (3599, "59:59 min"), (7620, "2:07 h")],
)
def test_durations_are_said_as_people_say_them(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_columns_are_aligned_and_have_no_blanks_at_their_end() -> None:
    assert columns([["a", "bb", ""], ["ccc", "d"]]) == ["a    bb", "ccc  d"]
    assert columns([]) == []


# -- no daemon ----------------------------------------------------------------


@pytest.mark.parametrize(
    "words", [["status"], ["answer"], ["call", "1"], ["stop"], ["devices", "trace"]]
)
def test_without_a_daemon_every_word_says_how_to_start_one(
    environment: Path, capsys: Captured, words: list[str]
) -> None:
    assert run(*words) == Exit.NOT_RUNNING
    said = capsys.readouterr().err
    assert said.startswith("offhook: no daemon answers at ")
    assert "start one with `offhook run`" in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("way", ["option", "variable", "configuration", "home configuration"])
def test_the_daemon_that_is_meant_is_found(
    running: Running, capsys: Captured, monkeypatch: pytest.MonkeyPatch, way: str, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/nonexistent")
    words = ["status"]
    config = tmp_path / "etc" / "offhook" / "config.yaml"
    match way:
        case "option":
            words += ["--socket", str(running.path)]
        case "variable":
            monkeypatch.setenv("OFFHOOK_SOCKET", str(running.path))
        case "configuration":
            config = tmp_path / "my.yaml"
            words += ["--config", str(config)]
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(f"control: {{socket: {running.path}}}\n")
    assert run(*words) == Exit.OK
    assert "ok" in capsys.readouterr().out


# -- configuration and profiles -----------------------------------------------


def test_config_check_says_everything_that_is_wrong(tmp_path: Path, capsys: Captured) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("sip: {prot: 1}\nlog: {level: loud}\n")
    assert run("config", "check", "--config", str(file), "--json") == Exit.CONFIG
    said = capsys.readouterr()
    assert [line.split(": found")[0] for line in said.err.splitlines()] == [
        f"{file}:1: sip.prot",
        f"{file}:2: log.level",
    ]
    assert [problem["line"] for problem in json.loads(said.out)["problems"]] == [1, 2]


def test_config_check_shows_what_would_be_used_but_no_password(
    tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("account: {server: pbx, user: a, password: hunter2}\n")
    file.chmod(0o600)
    assert run("config", "check", "--config", str(file), "--json") == Exit.OK
    said = capsys.readouterr().out
    body = json.loads(said)
    assert "hunter2" not in said
    assert body["config"]["accounts"][0]["password"] is True
    assert body["config"]["engine"]["sound"]["backend"] == "auto"
    assert run("config", "check", "--config", str(file)) == Exit.OK
    said = capsys.readouterr().out
    assert "account  line-1: a at pbx, udp, srtp off, with password" in said
    assert "hunter2" not in said
    assert said.endswith("ok\n")


def test_the_reference_is_at_hand(capsys: Captured) -> None:
    assert run("config", "reference") == Exit.OK
    assert "| `password_file` |" in capsys.readouterr().out


def test_the_products_own_profiles_are_right(capsys: Captured) -> None:
    assert run("profiles", "check", "--json") == Exit.OK
    assert "generic" in json.loads(capsys.readouterr().out)["profiles"]


def test_a_broken_profile_has_exit_code_4(tmp_path: Path, capsys: Captured) -> None:
    (tmp_path / "x.yaml").write_text("schema: 1\n")
    assert run("profiles", "check", str(tmp_path)) == Exit.CONFIG
    assert "x.yaml:" in capsys.readouterr().err


def test_run_does_not_start_on_a_configuration_with_problems(
    tmp_path: Path, capsys: Captured
) -> None:
    file = tmp_path / "c.yaml"
    file.write_text("nix: 1\n")
    assert run("run", "--config", str(file)) == Exit.CONFIG
    assert f"{file}:1: nix: found an unknown key" in capsys.readouterr().err


# -- the command itself -------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [[], ["devices"], ["config"], ["nix"], ["call"], ["dtmf", "x"], ["completion", "tcsh"]],
    ids=" ".join,
)
def test_a_line_that_makes_no_sense_has_exit_code_2(words: list[str], capsys: Captured) -> None:
    assert run(*words) == Exit.USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err


def test_the_help_names_every_exit_code(capsys: Captured) -> None:
    assert run("--help") == Exit.OK
    said = capsys.readouterr().out
    assert [line.split(maxsplit=1) for line in said.splitlines()[-len(MEANING) :]] == [
        [str(int(code)), text] for code, text in MEANING.items()
    ]


def test_the_version(capsys: Captured) -> None:
    assert run("--version") == Exit.OK
    assert capsys.readouterr().out.startswith("offhook ")


def test_status_loads_nothing_that_takes_time(running: Running) -> None:
    code = (
        "import sys; from bridge.cli.main import main; code = main(['status', '--json']);"
        "slow = {'pydantic', 'yaml', 'asyncio', 'aiomqtt', 'subprocess', 'importlib.metadata',"
        " 'logging'};"
        "print(sorted(slow & set(sys.modules)), file=sys.stderr); sys.exit(code)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, "[]\n")


def test_a_reader_that_goes_away_is_no_error(environment: Path) -> None:
    command = f"{sys.executable} -m bridge.cli.main config reference | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
