"""Typed identities. All are plain strings on the wire, so that logs and MQTT stay readable."""

from typing import NewType

CallId = NewType("CallId", str)
"""One call leg, random, 20 characters ``[0-9a-z]``, never used again (SIP slots are)."""

DeviceId = NewType("DeviceId", str)
"""One device, stable over replug: ``[a-z0-9-]{1,48}``, from ids and serial or USB port."""

AccountId = NewType("AccountId", str)
"""One SIP account (line) as the configuration names it: ``[a-z0-9-]{1,32}``."""

RequestId = NewType("RequestId", str)
"""Whom to answer: names one request of the control socket, of MQTT or of the page."""
