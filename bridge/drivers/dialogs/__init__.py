"""Tells the PBX whether our user is on the phone, so that lamps elsewhere follow."""

from bridge.drivers.dialogs.publisher import DialogPublisher

__all__ = ["DialogPublisher"]
