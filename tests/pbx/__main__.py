"""Start and stop the test PBX by hand: ``python -m tests.pbx --help``."""

import argparse
import json
import os
import re
import signal
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.pbx.processes import ORDER, running, start_all, stop_all
from tests.pbx.settings import KEEPALIVE_MIN_S, PbxError, Settings, command_of

WORDS = """
start      start in the background, return when everything answers
run        start in the foreground, stop on SIGINT, SIGTERM or a part's end
stop       stop what "start" started
restart    stop, then start
status     show the processes; exit status 0 only when all of them run, else 3
env        print ports and credentials as shell assignments
rpc M A... run the Kamailio RPC method M, for example: rpc dlg.list
"""


def call_rpc(cfg: Settings, method: str, *parameters: str | int) -> tuple[bool, object]:
    """Whether Kamailio did it, and what it said."""
    body = {"jsonrpc": "2.0", "method": method, "params": parameters, "id": 1}
    request = urllib.request.Request(  # http on loopback
        f"http://{cfg.bind}:{cfg.sip_port}/RPC",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as reply:
            answer = json.load(reply)
    except urllib.error.HTTPError as exc:
        answer = json.loads(exc.read() or b'{"error": null}')
    except OSError as exc:
        message = f"no answer on {cfg.bind}:{cfg.sip_port} ({exc})"
        raise PbxError(message) from exc
    return "error" not in answer, answer.get("result", answer.get("error"))


def say_ready(cfg: Settings) -> None:
    where = f"SIP {cfg.bind}:{cfg.sip_port} MQTT {cfg.bind}:{cfg.mqtt_port}"
    print("pbx: ready,", where, flush=True)


def run(cfg: Settings) -> int:
    """Stay until told to stop; 1 when a part ended by itself."""
    told_to_stop = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: told_to_stop.append(True))
    processes = start_all(cfg)
    try:
        say_ready(cfg)
        while not told_to_stop:
            time.sleep(0.2)
            for name, process in processes.items():
                if process.poll() is not None:
                    print(f"pbx: {name} ended with {process.returncode}", file=sys.stderr)
                    return 1
    finally:
        stop_all(cfg)
    return 0


def show_status(cfg: Settings) -> int:
    all_there = True
    for name in ORDER:
        if command_of(cfg, name):
            pid = running(cfg, name)
            all_there = all_there and pid is not None
            print(f"{name:10} {f'running, pid {pid}' if pid else 'not running'}")
    return 0 if all_there else 3


def show_env(cfg: Settings) -> int:
    values = {
        "PBX_IP": cfg.bind,
        "PBX_DOMAIN": cfg.domain,
        "PBX_REALM": cfg.realm,
        "PBX_SIP_PORT": cfg.sip_port,
        "PBX_TLS_PORT": cfg.tls_port,
        "PBX_MQTT_PORT": cfg.mqtt_port,
        "PBX_MQTT_AUTH_PORT": cfg.mqtt_auth_port,
        "PBX_MQTT_TLS_PORT": cfg.mqtt_tls_port,
        "PBX_MQTT_PREFIX": cfg.prefix,
        "PBX_EXT_FIRST": cfg.first,
        "PBX_EXT_LAST": cfg.last,
        "PBX_SECRET_PREFIX": cfg.secret,
        "PBX_STATE": cfg.state,
    }
    print("".join(f"{name}={value}\n" for name, value in values.items()), end="")
    return 0


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.pbx",
        description=WORDS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    choices = ["start", "stop", "restart", "run", "status", "env", "rpc"]
    parser.add_argument("word", choices=choices, metavar="WORD")
    parser.add_argument("words", nargs="*", help="method and parameters of rpc")
    parser.add_argument("--port-base", type=int, default=25060)
    default_state = os.environ.get("PBX_STATE_DIR", "/tmp/offhook-pbx")
    parser.add_argument("--state-dir", type=Path, default=Path(default_state))
    parser.add_argument("--bind", default="127.0.0.1")
    parser.add_argument("--domain", help="SIP domain of the extensions, default: --bind")
    parser.add_argument("--extensions", default="200-209", metavar="FIRST-LAST")
    parser.add_argument("--secret-prefix", default="secret-")
    parser.add_argument("--prefix", default="pbx", help="first level of the MQTT topics")
    parser.add_argument("--keepalive", type=int, default=KEEPALIVE_MIN_S, metavar="SECONDS")
    parser.add_argument("--lamps", choices=["publish", "pua_dialoginfo"], default="publish")
    for name in ("tls", "no-mqtt", "no-retain", "no-media", "debug"):
        parser.add_argument(f"--{name}", action="store_true")
    return parser.parse_args(argv)


def settings_of(args: argparse.Namespace) -> Settings:
    first, _, last = args.extensions.partition("-")
    return Settings(
        port_base=args.port_base,
        state=str(args.state_dir.resolve()),
        bind=args.bind,
        domain=args.domain or args.bind,
        first=int(first),
        last=int(last or first),
        secret=args.secret_prefix,
        prefix=args.prefix,
        keepalive_s=args.keepalive,
        lamps=args.lamps,
        with_tls=args.tls,
        with_media=not args.no_media,
        with_mqtt=not args.no_mqtt,
        with_retain=not (args.no_mqtt or args.no_retain),
        debug=args.debug,
    )


def execute(args: argparse.Namespace) -> int:
    match args.word:
        case "start":
            cfg = settings_of(args)
            start_all(cfg)
            say_ready(cfg)
        case "run":
            return run(settings_of(args))
        case "restart":
            cfg = Settings.saved(args.state_dir)
            stop_all(cfg)
            start_all(cfg)
            say_ready(cfg)
        case "stop":
            stop_all(Settings.saved(args.state_dir))
        case "status":
            return show_status(Settings.saved(args.state_dir))
        case "env":
            return show_env(Settings.saved(args.state_dir))
        case "rpc":
            if not args.words:
                message = "rpc needs a method"
                raise PbxError(message)
            words = [int(w) if re.fullmatch(r"-?\d+", w) else w for w in args.words]
            good, answer = call_rpc(Settings.saved(args.state_dir), str(words[0]), *words[1:])
            print(json.dumps(answer, indent=1))
            return 0 if good else 1
    return 0


def main(argv: list[str] | None = None) -> int:
    try:
        return execute(parse(argv))
    except PbxError as exc:
        print("pbx:", exc, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
