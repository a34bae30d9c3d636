"""Words that look at the running daemon, or end it."""

import argparse
import json
import time
from collections.abc import Iterator, Mapping

from bridge.cli.exits import Exit
from bridge.cli.show import columns, duration, emit, entries, inner, text
from bridge.cli.verbs.around import around_lines
from bridge.cli.where import connect
from bridge.model.trace import TraceEntry
from bridge.protocols.control_wire import GetStatus, Stop, WatchTrace

LAMPS = ("ring", "off_hook", "mute", "hold", "message_waiting", "do_not_disturb")
FLAGS = ("busy_elsewhere", "mute_locked")
CALL_FLAGS = ("muted", "silenced", "conference", "recording")

Body = Mapping[str, object]


def status(args: argparse.Namespace) -> Exit:
    """Show calls, lines, devices and health."""
    with connect(args) as client:
        body = client.ask(GetStatus())
    emit(body, status_lines(body, time.time()), as_json=args.json)
    return Exit.OK


def stop(args: argparse.Namespace) -> Exit:
    """End the daemon."""
    with connect(args) as client:
        body = client.ask(Stop())
    emit({"ok": True, **body}, [f"stopping process {text(body.get('pid'))}"], as_json=args.json)
    return Exit.OK


def trace(args: argparse.Namespace) -> Exit:
    """Print trace entries until interrupted."""
    with connect(args) as client:
        before: float | None = None
        for entry in client.watch(WatchTrace()):
            print(_entry_json(entry) if args.json else entry_line(entry, before), flush=True)
            before = entry.at_s
    return Exit.OK


def _entry_json(entry: TraceEntry) -> str:
    body = {"at_s": entry.at_s, "stage": entry.stage.value, "subject": entry.subject}
    return json.dumps({**body, "text": entry.text}, ensure_ascii=False)


def entry_line(entry: TraceEntry, before_s: float | None) -> str:
    """Return an entry as a line: seconds, milliseconds since the one before, stage, what."""
    since = "" if before_s is None else f"+{(entry.at_s - before_s) * 1000:.1f} ms"
    head = f"{entry.at_s:12.3f} {since:>12}  {entry.stage.value:9} "
    return head + " ".join(part for part in (entry.subject, entry.text) if part)


# -- the status for people ----------------------------------------------------


def status_lines(body: Body, now_s: float) -> Iterator[str]:
    """Return a status as lines.

    Args:
        body: the answer of the daemon.
        now_s: Unix time, for the age of calls.
    """
    uptime = body.get("uptime_s")
    up = duration(uptime) if isinstance(uptime, int | float) else "?"
    yield (
        f"offhook {text(body.get('version'))}, bridge {text(body.get('bridge'))}, "
        f"process {text(body.get('pid'))}, up {up}: {text(body.get('health'))}"
    )
    problems = body.get("problems")
    for problem in problems if isinstance(problems, list) else []:
        yield f"  ! {problem}"
    for name in ("engine", "sound", "mqtt"):
        yield f"{name:8} {text(inner(body, name).get('text'))}".rstrip()
    yield from _tallies(inner(body, "mqtt"))
    yield from _pbx(inner(body, "pbx"))
    if remote := inner(body, "remote").get("text"):
        yield f"remote   {text(remote)}"
    if http := inner(body, "http").get("text"):
        yield f"http     {text(http)}"
        if refused := _counted(inner(inner(body, "http"), "refused")):
            yield f"{'':8} refused: {refused}"
    yield from _sound_figures(inner(body, "sound"))
    if body.get("do_not_disturb"):
        yield "dnd      on: whoever calls hears busy; `offhook dnd off` ends it"
    if body.get("call_waiting") is False:
        yield "waiting  off: a second call hears busy; `offhook waiting on` ends it"
    if body.get("locked"):
        yield "locked   only emergency numbers are called; `offhook unlock` ends it"
    yield from _forwarding(inner(body, "forwarding"))
    yield from around_lines(body, now_s)
    yield from _block("lines", [_line_row(line) for line in entries(body, "lines")], "none")
    yield from _block("calls", [_call_row(call, now_s) for call in entries(body, "calls")], "none")
    yield from _block("devices", [device_row(one) for one in entries(body, "devices")], "none")


def _tallies(mqtt: Body) -> Iterator[str]:
    """Tell what became of commands and messages, if anything but what is to be expected."""
    commands, messages = dict(inner(mqtt, "commands")), dict(inner(mqtt, "messages"))
    obeyed, connections = commands.pop("run", 0), messages.pop("connections", 0)
    parts = [
        f"{text(obeyed)} commands obeyed" if obeyed else "",
        f"not obeyed: {_counted(commands)}" if commands else "",
        f"{text(connections)} connections" if connections not in {0, 1} else "",
        f"messages not sent: {_counted(messages)}" if messages else "",
    ]
    if any(parts):
        yield f"{'':8} {'; '.join(filter(None, parts))}"


def _pbx(pbx: Body) -> Iterator[str]:
    """Tell whether the PBX is heard, and how often it was not."""
    if not pbx:
        return
    counts = dict(inner(pbx, "counts"))
    counts.pop("resyncs", None)
    lost = counts.pop("lost", 0)
    heard = "heard" if pbx.get("up") else f"not heard: {text(pbx.get('reason'))}"
    parts = [
        f"{text(pbx.get('pbx'))} is {heard}",
        f"lost {text(lost)} times" if lost else "",
        f"not used of what it said: {_counted(counts)}" if counts else "",
    ]
    yield f"pbx      {'; '.join(filter(None, parts))}"


def _counted(counts: Body) -> str:
    """Return counts by reason, as in ``mqtt.md``."""
    return ", ".join(f"{name.replace('_', ' ')} {text(n)}" for name, n in counts.items())


def _forwarding(active: Body) -> Iterator[str]:
    """Tell where calls go by themselves."""
    if active.get("profile") or active.get("forwards") or active.get("rules"):
        title = text(active.get("title"))
        named = f"profile {text(active.get('profile'))} {title}".rstrip()
        lines = [forward_row(line) for line in entries(active, "forwards")]
        rules = active.get("rules")
        lines += [[f"{text(rules)} rules for single callers"]] if rules else []
        yield f"forward  {named}"
        yield from (f"{'':8} {line}" for line in columns(lines))


def forward_row(line: Body) -> list[str]:
    """Return one line of a forwarding profile."""
    target = text(line.get("number")) or text(line.get("to"))
    after = f"after {text(line.get('after_s'))} s" if line.get("when") == "no-answer" else ""
    return [text(line.get("when")), target, after]


def _sound_figures(sound: Body) -> Iterator[str]:
    """Tell of the sound of a running call."""
    if sound.get("running"):
        lost = f"{text(sound.get('underruns'))} underruns, {text(sound.get('overruns'))} overruns"
        yield f"{'':8} {text(sound.get('delay_ms'))} ms wait in our buffers, {lost}"


def _block(title: str, rows: list[list[str]], empty: str) -> Iterator[str]:
    lines = columns(rows) or [empty]
    for number, line in enumerate(lines):
        yield f"{title if number == 0 else '':8} {line}"


def _line_row(line: Body) -> list[str]:
    reason = " ".join(text(line.get(key)) for key in ("sip", "reason") if line.get(key))
    return [text(line.get("account")), text(line.get("registration")), reason, _messages(line)]


def _messages(line: Body) -> str:
    mailbox = inner(line, "mailbox")
    if not mailbox.get("waiting"):
        return ""
    count = mailbox.get("new")
    return f"{count} new voice messages" if count else "voice messages waiting"


def _call_row(call: Body, now_s: float) -> list[str]:
    since = call.get("since_ms")
    age = duration(max(0.0, now_s - since / 1000)) if isinstance(since, int | float) else ""
    remote = inner(call, "remote")
    who = " ".join(text(remote.get(key)) for key in ("number", "name") if remote.get(key))
    keys = [text(call.get(key)) for key in ("call", "account", "direction", "phase")]
    flags = " ".join(name for name in CALL_FLAGS if call.get(name))
    more = [flags, _sent(inner(call, "transfer")), _by(inner(call, "diverted_by"))]
    more.append(_pressed(call))
    return [*keys, who, age, " ".join(filter(None, more)), *_carried(call)]


def _carried(call: Body) -> list[str]:
    return [text(call.get("device")), text(call.get("codec"))]


def _sent(transfer: Body) -> str:
    if not transfer:
        return ""
    target = text(transfer.get("target")) or "the other call"
    sip = transfer.get("sip")
    return f"being transferred to {target}" + (f" ({sip})" if sip else "")


def _pressed(call: Body) -> str:
    keys = text(call.get("pressed"))
    return f"the other end pressed {keys}" if keys else ""


def _by(party: Body) -> str:
    who = text(party.get("name")) or text(party.get("number"))
    return f"by way of {who}" if who else ""


def device_row(device: Body) -> list[str]:
    """Return one device of a status as cells."""
    shown = [name.replace("_", "-") for name in (*LAMPS, *FLAGS) if device.get(name)]
    errors = device.get("errors")
    faults = f"{errors} errors" if errors else ""
    keys = [text(device.get(key)) for key in ("device", "usb", "name")]
    return [*keys, " ".join(shown) or "idle", faults]
