"""What the screen shows, made of nothing but values."""

import pytest

from bridge.demo.style import to_text, width
from bridge.demo.timeline import Row, Section, Timeline
from bridge.demo.view import LEAST_COLUMNS, LEAST_LINES, Picture, frame, latest
from bridge.model.trace import Stage, TraceEntry

PICTURE = Picture(
    title="Offhook demo",
    name="Jabra EVOLVE LINK MS",
    intro=["Real     the daemon", "Virtual  the headset"],
    notes=["no MQTT broker is configured and mosquitto is not installed: install it " * 2],
    lit=frozenset({"off_hook", "mute"}),
    has=frozenset({"off_hook", "mute", "ring"}),
    plugged=True,
    talking=True,
    call="connected 0:12 · with 100 · G722",
    caller="is connected",
    headset_hears=-12.0,
    caller_hears=None,
    bytes="02 13 00",
    hint="You are talking.",
    keys=[("headset", [("space", "hook"), ("m", "mute")]), ("others", [("q", "quit")])],
)
SECTIONS = [
    Section(10.0, "you press hook", [Row(10.001, 0, "KEY", "hook up", "read 02 03 00")]),
    Section(20.0, "you press mute", [Row(20.0 + i, 9, "MQTT", f"row {i}") for i in range(30)]),
]


@pytest.mark.parametrize("columns", [1, 49, 50, 77, 78, 80, 200])
@pytest.mark.parametrize("lines", [1, 13, 14, 24, 60])
def test_a_frame_fits_every_window(columns: int, lines: int) -> None:
    drawn = frame(PICTURE, SECTIONS, columns, lines)
    assert len(drawn) == lines
    assert max(width(line) for line in drawn) <= columns


def test_the_panel_names_every_lamp_and_says_what_the_headset_lacks() -> None:
    text = "\n".join(to_text(line, colour=False) for line in frame(PICTURE, SECTIONS, 100, 40))
    for words in ("● off-hook", "○ ring", "● mute", "no hold", "✕ muted", "-12 dBFS"):
        assert words in text.replace("\x1b[1m", "").replace("\x1b[2m", "").replace("\x1b[0m", "")


def test_too_small_a_window_says_how_large_it_has_to_be() -> None:
    drawn = frame(PICTURE, SECTIONS, LEAST_COLUMNS, LEAST_LINES - 1)
    assert to_text(drawn[0], colour=False).startswith("make the window at least 50 by 14")


def test_the_title_of_a_long_section_stays_in_sight() -> None:
    lines = latest(SECTIONS, 10)
    assert to_text(lines[0], colour=False) == "\x1b[1m ▸ you press mute\x1b[0m"
    assert [span.text.strip() for span in lines[-1]] == ["29000.0 ms", "MQTT", "row 29", ""]


def test_rows_that_are_told_late_stand_where_they_belong() -> None:
    timeline = Timeline()
    timeline.begin("you press hook", 10.0)
    timeline.add(10.002, ("INTENT", "answer"))
    timeline.add(10.003, ("SIP", "→ 200 OK"))
    timeline.add(10.0, ("KEY", "hook up"))
    timeline.trace(TraceEntry(10.001, Stage.LAMP, "device", "off_hook mute: 02 13 00"))
    rows = timeline.sections[0].rows
    assert [row.stage for row in rows] == ["KEY", "INTENT", "LAMP", "SIP"]
    assert rows[1].at_s == pytest.approx(10.001)  # an intent was there before its lamp
    assert (rows[2].text, rows[2].detail) == ("off-hook, mute", "write 02 13 00")
