"""Another bridge in the place of the SIP engine: its calls are shown and controlled here."""

from bridge.drivers.remote.engine import RemoteEngine

__all__ = ["RemoteEngine"]
