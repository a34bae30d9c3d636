"""The control socket of the running daemon, and the lock that keeps a second one away."""

from bridge.drivers.control.lock import AlreadyRunningError, StateLock
from bridge.drivers.control.server import ControlHandler, ControlServer

__all__ = ["AlreadyRunningError", "ControlHandler", "ControlServer", "StateLock"]
