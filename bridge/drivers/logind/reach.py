"""Whether logind can be heard, for ``offhook doctor``. Blocks for a moment."""

from bridge.drivers.logind.bus import SYSTEM_BUS
from bridge.drivers.logind.watch import NAME

ANSWER_S = 2.0  # a bus answers within milliseconds


def why_deaf(address: str = SYSTEM_BUS) -> str:
    """Return why logind cannot be heard, empty when it can.

    Args:
        address: of the bus.
    """
    try:
        there = NAME in _names(address)
    except ImportError:
        return "the Python package jeepney is not installed"
    except OSError as error:
        return f"no D-Bus answers ({error.strerror or str(error) or 'in time'})"
    except Exception as error:  # noqa: BLE001  # border: whatever answers at that address
        return f"no D-Bus answers ({str(error) or type(error).__name__})"
    return "" if there else "D-Bus is there, but logind (or elogind) does not run"


def _names(address: str) -> set[str]:
    """Return the services that run on a bus, and those it starts when somebody asks for them."""
    from jeepney import message_bus  # noqa: PLC0415  # not loaded where nobody asks
    from jeepney.io.blocking import open_dbus_connection  # noqa: PLC0415
    from jeepney.wrappers import unwrap_msg  # noqa: PLC0415

    found: set[str] = set()
    with open_dbus_connection(address) as connection:
        for question in (message_bus.ListNames(), message_bus.ListActivatableNames()):
            answer = connection.send_and_get_reply(question, timeout=ANSWER_S)
            found.update(unwrap_msg(answer)[0])
    return found
