"""The report of the story: JSON lines for programs, a table for people."""

import json
import statistics
from collections.abc import Iterator, Sequence

from bridge.demo.scene import Scene
from bridge.demo.verdict import Status, StepResult, Summary

PLACES = ("key", "lamp", "sip", "mqtt")
_SIGNS = {Status.PASSED: "✓", Status.FAILED: "✗", Status.SKIPPED: "–", Status.NOT_RUN: "·"}
_LOUDEST_OF_NOTHING = -120.0


def step_json(result: StepResult) -> str:
    """Return one step as a JSON object in one line; keys are stable."""
    body: dict[str, object] = {
        "step": result.name,
        "does": result.does,
        "status": result.status.value,
    }
    for place in PLACES:
        value = result.latency_ms.get(place)
        body[f"{place}_ms"] = None if value is None else round(value, 2)
    body |= {"lamps": list(result.lamps), "written": result.written}
    if result.heard is not None:
        body["headset_hears_dbfs"] = round(result.heard.headset, 1)
        body["caller_hears_dbfs"] = round(result.heard.caller, 1)
    return json.dumps(body | {"note": result.note}, ensure_ascii=False)


def summary_json(summary: Summary, scene: Scene) -> str:
    """Return the last line; ``ok`` is the verdict."""
    device = scene.device
    body = {
        "ok": summary.ok,
        "steps": len(summary.results),
        **{status.value.replace(" ", "_"): summary.count(status) for status in Status},
        "device": device.name if device else "",
        "usb": f"{device.vendor_id:04x}:{device.product_id:04x}" if device else "",
        "profile": device.profile if device else "",
        "mqtt": scene.listener is not None,
        "took_s": round(summary.took_s, 2),
        "median_ms": medians(summary.results),
        "notes": scene.notes,
        "error": first_error(summary),
    }
    return json.dumps(body, ensure_ascii=False)


def error_json(error: str) -> str:
    """Return the last line when the story could not be played at all."""
    return json.dumps({"ok": False, "steps": 0, "error": error}, ensure_ascii=False)


def first_error(summary: Summary) -> str:
    """Return what was wrong, with the step; empty when nothing was."""
    wrong = (one for one in summary.results if one.status is Status.FAILED)
    return next((f"step {one.name}: {one.note}" for one in wrong), summary.missing)


def medians(results: Sequence[StepResult]) -> dict[str, float]:
    """Return the median latency in milliseconds for each place that was measured."""
    measured = {
        place: [one.latency_ms[place] for one in results if place in one.latency_ms]
        for place in PLACES
    }
    return {place: round(statistics.median(v), 2) for place, v in measured.items() if v}


# -- for people -------------------------------------------------------------------


def table_head() -> str:
    """Return the line above the steps."""
    columns = "".join(f"{name:>9}" for name in ("key", "lamp", "caller", "MQTT"))
    return f"  {'step':11} {'what happens':17}{columns}   who hears the other's tone"


def table_row(result: StepResult) -> str:
    """Return one step."""
    head = f"{_SIGNS[result.status]} {result.name:11} {result.does:17}"
    if result.status in {Status.SKIPPED, Status.NOT_RUN}:
        return f"{head}  {result.status.value}{f': {result.note}' if result.note else ''}"
    values = (result.latency_ms.get(place) for place in PLACES)
    times = "".join(f"{'–' if value is None else f'{value:.1f} ms':>9}" for value in values)
    return f"{head}{times}   {_hearing(result)}".rstrip() + (
        f"\n    {result.note}" if result.note else ""
    )


def _hearing(result: StepResult) -> str:
    if result.heard is None:
        return ""
    return f"headset {_db(result.heard.headset)}, caller {_db(result.heard.caller)}"


def _db(level: float) -> str:
    return "nothing" if level <= _LOUDEST_OF_NOTHING else f"{level:.0f} dBFS"


def table_foot(summary: Summary) -> Iterator[str]:
    """Yield the last lines."""
    counts = [f"{summary.count(s)} {s.value}" for s in Status if summary.count(s)]
    yield f"{len(summary.results)} steps: {', '.join(counts)}, in {summary.took_s:.1f} s"
    if summary.ok:
        names = {"key": "key", "lamp": "lamp", "sip": "caller", "mqtt": "MQTT"}
        times = [f"{names[k]} {v:.1f} ms" for k, v in medians(summary.results).items()]
        yield f"median from press or call to {', '.join(times)}"
