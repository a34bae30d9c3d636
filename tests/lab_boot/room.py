"""What happens in the VM: a room phone is set up under systemd, called, hung up on, cut off.

``python -m tests.lab_boot.room first|second DIR``: two lives of one machine. What is written on its
state disk (a file system in DIR) is all that the second has of the first. One JSON object is said
for each thing that was reached, with the seconds it took.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import cast

from bridge.cli.client import Client, NotRunningError
from bridge.model.errors import BridgeError
from bridge.model.intents import Intent, Verb
from bridge.protocols.control_wire import GetStatus, GiveIntent
from tests.engine.scripted_pbx import ScriptedPbx

ROOT = Path(__file__).parents[2]
OFFHOOK = Path("/opt/offhook")
SOCKET = Path("/run/offhook/control.sock")
STATE = Path("/var/lib/offhook")
PATIENCE_S = 150.0
SITE = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"

Json = dict[str, object]


def say(what: str, **more: object) -> None:
    """Tell whoever started the VM."""
    print(json.dumps({"reached": what, **more}), flush=True)


def run(*argv: str | Path) -> str:
    """Run a program to its end; return what it said."""
    done = subprocess.run(argv, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert done.returncode == 0, f"{argv}: {done.returncode}\n{done.stdout}{done.stderr}{journal()}"
    return done.stdout


def journal() -> str:
    """The last words of the service."""
    words = ("journalctl", "--no-pager", "-q", "-n", "60", "-u", "offhook")
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def until(condition: Callable[[], object], what: str) -> float:
    """Wait for something; return how long, seconds."""
    began_s = time.monotonic()
    while not condition():
        assert time.monotonic() - began_s < PATIENCE_S, f"{what}\n{journal()}"
        time.sleep(0.05)
    return round(time.monotonic() - began_s, 1)


def make_place() -> None:
    """Lay the program where a service may see it: not in a home, not in a temporary directory.

    A virtual environment by hand, on the files of this tree: installing takes minutes here.
    """
    for what, where in ((sys.base_prefix, "/opt/python"), (str(ROOT), "/opt/tree")):
        Path(where).mkdir(parents=True, exist_ok=True)
        run("mount", "--bind", what, where)
    (OFFHOOK / "bin").mkdir(parents=True)
    (OFFHOOK / SITE).mkdir(parents=True)
    python = OFFHOOK / "bin/python"
    python.symlink_to(f"/opt/python/bin/{Path(sys.executable).resolve().name}")
    (OFFHOOK / "pyvenv.cfg").write_text("home = /opt/python/bin\n")
    packages = Path("/opt/tree") / Path(sys.prefix).relative_to(ROOT) / SITE
    (OFFHOOK / SITE / "offhook.pth").write_text(f"/opt/tree\n{packages}\n")
    program = OFFHOOK / "bin/offhook"
    program.write_text(
        f"#!{python}\nimport sys\nfrom bridge.cli.main import main\nsys.exit(main())\n"
    )
    program.chmod(0o755)


def mount_state(disk: Path) -> None:
    """Put the state directory on a disk of its own."""
    STATE.mkdir(parents=True, exist_ok=True)
    run("mount", "-o", "loop", disk, STATE)


def set_up(pbx: ScriptedPbx) -> None:
    """As an administrator does it."""
    password = Path("/run/password")
    password.write_text("geheim\n")
    began_s = time.monotonic()
    words = ("--server", pbx.address, "--account", "200", "--password-file", str(password))
    run(OFFHOOK / "bin/offhook", "setup", "--yes", "--room", "Room 3", *words)
    say("set up", seconds=round(time.monotonic() - began_s, 1), **shown())
    pbx.request("REGISTER", patience_s=PATIENCE_S)


def shown(*properties: str) -> dict[str, str]:
    """What systemd says of the service."""
    names = properties or ("ActiveState", "SubState", "StatusText", "NRestarts")
    lines = run("systemctl", "show", "offhook", f"--property={','.join(names)}").splitlines()
    return dict(line.split("=", 1) for line in lines)


def status() -> Json:
    """``offhook status``, empty while nobody answers."""
    try:
        with Client(SOCKET) as client:
            return client.ask(GetStatus())
    except (NotRunningError, BridgeError):
        return {}


def is_registered() -> bool:
    """Whether the line is."""
    lines = cast("list[Json]", status().get("lines", []))
    return [line["registration"] for line in lines] == ["registered"]


def gives(verb: Verb) -> None:
    """``offhook answer`` and the like."""
    with Client(SOCKET) as client:
        client.ask(GiveIntent(Intent(verb)))


def state_of_call() -> str:
    """Where the only call is."""
    calls = cast("list[Json]", status().get("calls", []))
    return str(calls[0]["state"]) if calls else ""


def call(pbx: ScriptedPbx, name: str) -> None:
    """Somebody calls and is answered."""
    pbx.invites("200", name)
    until(lambda: state_of_call() == "ringing", "it rings")
    gives(Verb.ANSWER)
    reply = pbx.reply(name, PATIENCE_S)
    assert reply.startswith("SIP/2.0 200"), reply
    pbx.acknowledge(reply)
    until(lambda: state_of_call() == "connected", "the call is connected")
    say("answered", call=name)


def hang(pbx: ScriptedPbx) -> None:
    """Stop the whole daemon as a deadlock would; systemd has to notice."""
    before = len(pbx.registrations())
    pid = int(shown("MainPID")["MainPID"])
    os.kill(pid, signal.SIGSTOP)
    killed_s = until(lambda: shown("MainPID")["MainPID"] not in {str(pid), "0"}, "a new process")
    until(lambda: len(pbx.registrations()) > before, "registered again")
    back_s = killed_s + until(is_registered, "the line is up again")
    say("back", killed_s=killed_s, seconds=round(back_s, 1), **shown("Result", "NRestarts"))


def first(pbx: ScriptedPbx) -> None:
    """From a plain machine to a power cut."""
    until(is_registered, "the line is up")
    sandbox()
    call(pbx, "one")
    gives(Verb.HANGUP)
    until(lambda: state_of_call() == "", "the call is over")
    hang(pbx)
    call(pbx, "two")
    gives(Verb.DND_ON)
    until(lambda: status().get("do_not_disturb") is True, "do not disturb is on")
    say("cut")
    sys.stdout.flush()
    Path("/proc/sysrq-trigger").write_text("b")
    time.sleep(PATIENCE_S)


def sandbox() -> None:
    """The service is nobody, and has what a telephone needs."""
    pid = shown("MainPID")["MainPID"]
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    facts = {key: value.split() for key, _, value in (line.partition(":") for line in lines)}
    say(
        "sandbox", uid=facts["Uid"][0] != "0", capabilities=facts["CapEff"], nnp=facts["NoNewPrivs"]
    )


def second(pbx: ScriptedPbx) -> None:
    """After the power came back."""
    del pbx
    until(is_registered, "the line is up")
    body = json.loads(run(OFFHOOK / "bin/offhook", "history", "--json"))
    say(
        "whole again",
        status=shown("StatusText")["StatusText"],
        do_not_disturb=status()["do_not_disturb"],
        history=[entry.get("result") for entry in body["entries"]],
        files=sorted(path.name for path in STATE.iterdir()),
    )


def main(life: str, folder: str) -> None:
    """Live one life."""
    make_place()
    mount_state(Path(folder) / "state.img")
    with ScriptedPbx() as pbx:
        set_up(pbx)
        {"first": first, "second": second}[life](pbx)


if __name__ == "__main__":
    main(*sys.argv[1:])
