"""Calls, people and the desk's memory in one SQLite file under the state directory."""

from bridge.drivers.store.database import FILE_NAME, StoreError
from bridge.drivers.store.people_tables import Kept
from bridge.drivers.store.store import Store

__all__ = ["FILE_NAME", "Kept", "Store", "StoreError"]
