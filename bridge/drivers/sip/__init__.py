"""The SIP engine as the daemon sees it: a process that may die and comes back."""

from bridge.drivers.sip.client import SipEngine
from bridge.drivers.sip.pool import EnginePool

__all__ = ["EnginePool", "SipEngine"]
