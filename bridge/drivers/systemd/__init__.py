"""What systemd is told: ready, how it goes, still alive, stopping (sd_notify(3))."""

from bridge.drivers.systemd.notify import Notifier

__all__ = ["Notifier"]
