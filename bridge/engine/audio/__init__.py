"""Sound of the engine: system devices on one side, pjsua2's conference bridge on the other.

The engine makes one ``Sound`` on the SIP thread after ``libStart`` and calls its methods on that
thread only. How it works and why: ``README.md`` beside this file.
"""

from bridge.engine.audio.devices import list_devices
from bridge.engine.audio.sound import Sound

__all__ = ["Sound", "list_devices"]
