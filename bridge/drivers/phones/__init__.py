"""Desk phones as lines of their own: events come in by HTTP, orders go out the same way."""

from bridge.drivers.phones.phones import Phones

__all__ = ["Phones"]
