"""The words of the command line. Handlers are named, not imported: see ``main``."""

import argparse

from bridge.cli.exits import MEANING
from bridge.cli.words import Parser, Words
from bridge.cli.words import common as _common
from bridge.cli.words import group as _group
from bridge.cli.words import word as _word
from bridge.cli.words_around import add_around
from bridge.cli.words_audio import add_audio
from bridge.cli.words_calls import add_calls
from bridge.cli.words_lamps import add_lamps
from bridge.cli.words_numbers import add_numbers
from bridge.cli.words_page import add_page
from bridge.cli.words_records import add_contacts, add_history
from bridge.cli.words_setup import add_setup
from bridge.model.habits import HeadsetMode

DESCRIPTION = "Headset, SIP and MQTT bridge: hook, mute and lamps follow a real call."

EXAMPLES = """\
examples:
  offhook demo                 a real SIP call rings a virtual headset
  offhook run                  the daemon, in the foreground
  offhook status               calls, lines and devices of the running daemon
  offhook answer               as if the headset's button had been pressed
  offhook devices trace        every key press, stage by stage
  offhook doctor               what is missing on this machine
  offhook setup                install and start it as a service

exit codes:
"""

MAX_DUMP_S = 3600


def build() -> argparse.ArgumentParser:
    """Return the whole parser. Each word sets ``handler`` to ``module:function``."""
    codes = "".join(f"  {code:3}  {text}\n" for code, text in MEANING.items())
    parser = Parser(
        prog="offhook",
        description=DESCRIPTION,
        epilog=EXAMPLES + codes,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    _common(parser)
    parser.set_defaults(handler="")
    words = parser.add_subparsers(title="words", metavar="WORD", parser_class=Parser)
    _running(words)
    _asking(words)
    add_calls(words)
    add_history(words)
    add_contacts(words)
    add_lamps(words)
    add_around(words)
    add_numbers(words)
    add_audio(words)
    add_page(words)
    add_setup(words)
    _checking(words)
    return parser


def _running(words: Words) -> None:
    run = _word(
        words,
        "run",
        "daemon:run",
        "run the daemon in the foreground",
        ["offhook run", "offhook run --config desk.yaml --log-level debug"],
    )
    run.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        help="instead of log.level of the configuration",
    )
    demo = _word(
        words,
        "demo",
        "daemon:demo",
        "let a real SIP call ring a virtual headset",
        ["offhook demo", "offhook demo --auto --json", "offhook demo --device headset.hid"],
    )
    demo.add_argument("--auto", action="store_true", help="play the whole story and check it")
    demo.add_argument("--device", metavar="DUMP", help="another headset: its HID dump")
    demo.add_argument("--real", action="store_true", help="the headset that is plugged in")
    gateway = _word(
        words,
        "pbx-gateway",
        "gateway:run",
        "speak for a PBX: its busy lamps and commands over MQTT",
        ["offhook pbx-gateway --config /etc/offhook/gateway.yaml"],
    )
    gateway.add_argument(
        "--log-level",
        choices=("debug", "info", "warning", "error"),
        help="instead of log.level of the configuration",
    )
    _word(words, "stop", "asking:stop", "end the running daemon")
    phones = _group(words, "phones", "desk phones that tell what happens to them by HTTP")
    lines = _word(
        phones,
        "config",
        "phones:config",
        "print the lines for a phone's own configuration file; they hold a secret",
        ["offhook phones config front", "offhook phones config front --base http://desk.lan:8088"],
    )
    lines.add_argument("phone", metavar="ID", help="as in phones[].id of the configuration")
    lines.add_argument("--base", metavar="URL", help="where the phone reaches this machine")


def _asking(words: Words) -> None:
    _word(words, "status", "asking:status", "show calls, lines, devices and health")
    devices = _group(words, "devices", "headsets and what they say")
    _word(devices, "list", "devices:show", "list the telephony devices")
    explain = _word(
        devices,
        "explain",
        "devices:explain",
        "show what a device's descriptor declares and which profile applies",
        [
            "offhook devices explain",
            "offhook devices explain /dev/hidraw3",
            "offhook devices explain headset.hid",
        ],
    )
    explain.add_argument(
        "device", nargs="?", help="device id, /dev/hidrawN, USB id or dump; all when left out"
    )
    mode = _word(
        devices,
        "mode",
        "devices:mode",
        "change what becomes of a headset's keys and lamps, until the daemon ends",
        [
            "offhook devices mode 0b0e-0307-1f2e3d4c off",
            "offhook devices mode 0b0e-0307-1f2e3d4c auto",
        ],
    )
    mode.add_argument("device", metavar="DEVICE", help="device id of `offhook devices list`")
    mode.add_argument("mode", choices=[one.value for one in HeadsetMode])
    dump = _word(
        devices,
        "dump",
        "recordings:dump",
        "record what a device sends, without its serial number",
        [
            "offhook devices dump /dev/hidraw3 > headset.hid",
            "offhook devices dump 0b0e:0307 --seconds 60 --output headset.hid",
        ],
    )
    dump.add_argument("device", help="device id, /dev/hidrawN or USB id")
    dump.add_argument("--seconds", type=_seconds, metavar="N", help="end after so long")
    dump.add_argument("--output", metavar="FILE", help="write a new file instead of printing")
    replay = _word(
        devices,
        "replay",
        "recordings:replay",
        "show what the keys of a recording would do; nothing is written, nobody is called",
        ["offhook devices replay headset.hid", "offhook devices replay headset.hid --call active"],
    )
    replay.add_argument("file", metavar="FILE", help="recording of hid-recorder or devices dump")
    replay.add_argument(
        "--call",
        choices=("idle", "incoming", "active", "held"),
        default="incoming",
        help="what goes on when the first key is pressed (incoming)",
    )
    _word(devices, "trace", "asking:trace", "show every key press and call, stage by stage, live")


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= MAX_DUMP_S:
        raise argparse.ArgumentTypeError(f"found {text[:40]!r}, expected seconds 1..{MAX_DUMP_S}")
    return seconds


def _checking(words: Words) -> None:
    config = _group(words, "config", "the configuration file")
    _word(config, "check", "config:check", "say everything that is wrong with the configuration")
    _word(config, "reference", "config:reference", "print the page about all keys")
    profiles = _group(words, "profiles", "device profiles")
    check = _word(profiles, "check", "profiles:check", "check device profiles")
    check.add_argument("directory", nargs="*", help="directories; those of the product if left out")
    check.add_argument("--dumps", metavar="DIR", help="where the dumps named by profiles are")
    _word(words, "doctor", "doctor:doctor", "look what is missing on this machine")
    completion = _word(
        words,
        "completion",
        "completion:completion",
        "print the completion script of a shell",
        [
            "offhook completion bash > ~/.local/share/bash-completion/completions/offhook",
            "offhook completion zsh > ~/.zfunc/_offhook",
            "offhook completion fish > ~/.config/fish/completions/offhook.fish",
        ],
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
