"""The page's parts put together; imported only where it is configured."""

from collections.abc import Callable
from typing import Protocol

from bridge.app.around import Around
from bridge.app.control import Control
from bridge.app.lamps import Lamps
from bridge.app.meetings import Meetings
from bridge.app.page import Page
from bridge.app.page_doing import Doing
from bridge.app.page_seeing import Seeing
from bridge.app.page_settings import PageOptions
from bridge.app.pressable import Pressable
from bridge.app.records import Records
from bridge.app.switchboard import Switchboard
from bridge.config.settings import Config


class Parts(Protocol):
    """What the page shows and does (``app.daemon.Daemon``)."""

    config: Config
    switchboard: Switchboard
    control: Control
    lamps: Lamps
    around: Around
    meetings: Meetings
    records: Records
    pressable: Pressable | None


def page_of(parts: Parts, tell: Callable[[str], None]) -> Page:
    """Return the page, not entered yet.

    Args:
        parts: all of them started.
        tell: told one sentence when it cannot listen, empty when it does.
    """
    config, board, control = parts.config, parts.switchboard, parts.control
    lamps, loudness, meetings = parts.lamps, control.loudness, parts.meetings
    seeing = Seeing(board, control, lamps, loudness, parts.around, control.facts, meetings)
    options = PageOptions(config.page, board, control, loudness, config.files)
    doing = Doing(board, control, lamps, control.answer_records, seeing, options, meetings)
    if (headset := parts.pressable) is not None:
        seeing.virtual = lambda: headset.device
        doing.press = headset.press
    keeper = parts.records.store
    return Page(config.page, seeing, doing, keeper, board.timers.now, tell)
