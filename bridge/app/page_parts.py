"""The page's parts put together; imported only where it is configured."""

from collections.abc import Callable

from bridge.app.around import Around
from bridge.app.control import Control
from bridge.app.lamps import Lamps
from bridge.app.page import Keeper, Page
from bridge.app.page_doing import Doing
from bridge.app.page_seeing import Seeing
from bridge.app.page_settings import PageOptions
from bridge.app.switchboard import Switchboard
from bridge.config.settings import Config


def page_of(
    config: Config,
    switchboard: Switchboard,
    control: Control,
    lamps: Lamps,
    around: Around,
    keeper: Keeper,
    tell: Callable[[str], None],
) -> Page:
    """Return the page, not entered yet.

    Args:
        config: with the page enabled.
        switchboard: the core's world.
        control: what the control socket does.
        lamps: the keys.
        around: presence and queues.
        keeper: keeps sessions over a restart.
        tell: told one sentence when it cannot listen, empty when it does.
    """
    loudness = control.loudness
    seeing = Seeing(switchboard, control, lamps, loudness, around, control.facts)
    options = PageOptions(config.page, switchboard, control, loudness, config.files)
    doing = Doing(switchboard, control, lamps, control.answer_records, seeing, options)
    return Page(config.page, seeing, doing, keeper, switchboard.timers.now, tell)
