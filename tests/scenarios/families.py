"""Every family of headsets there is a descriptor of, and what each can say and show.

What a test needs is asked of the descriptor (and of the profile, where it leaves something out), so
that a device without the key is not tested for it, and one that gains the key is.
"""

from dataclasses import dataclass
from functools import cache

from bridge.drivers.hidraw.recognise import Recognised, recognise
from bridge.drivers.virtual.documented import DOCUMENTED
from bridge.drivers.virtual.headset import VirtualHeadset
from bridge.drivers.virtual.hid_clock import DeviceClock, ManualClock
from bridge.drivers.virtual.models import headset_from_documentation, headset_from_recording
from bridge.drivers.virtual.temperament import Temperament
from bridge.model.hid import Conduct, Indication, Lamp, Style
from bridge.protocols.hid_telephony import Encoder
from tests.hid_dumps import ALL, USED
from tests.library import LIBRARY

LAMPS = ("off_hook", "ring", "mute", "hold")
_MEANS = {
    Lamp.OFF_HOOK: "off_hook",
    Lamp.RING: "ring",
    Lamp.MUTE: "mute",
    Lamp.MICROPHONE: "mute",
    Lamp.HOLD: "hold",
}

EVOLVE_LINK = "0b0e-0307_evolve-link"
LINK_380 = "0b0e-24c9_link-380c"
BLACKWIRE_3220 = "047f-c056_blackwire-3220"
BLACKWIRE_5220 = "047f-c053_blackwire-5220"
SPEAK_510 = "jabra-speak-510_from-notes"
GIGASET = "gigaset-ion_from-documentation"
POWERCONF = "291a-3301_powerconf"
KRAKEN = "1532-0511_rz19-0229"  # a hook and nothing else, not even a lamp

_DOCUMENTED = {one.name: one for one in DOCUMENTED}
FROM_DUMPS = tuple(USED)
FAMILIES = (*FROM_DUMPS, *_DOCUMENTED)


def make(
    family: str,
    clock: DeviceClock | None = None,
    temperament: Temperament | None = None,
    port: str = "1-1",
) -> VirtualHeadset:
    """Make a headset of a family."""
    if family in _DOCUMENTED:
        return headset_from_documentation(_DOCUMENTED[family], clock, temperament, port=port)
    return headset_from_recording(ALL[family].recording, clock, temperament, port=port)


@dataclass(frozen=True)
class Family:
    """What is known of a family without plugging one in."""

    name: str
    temperament: Temperament
    keys: frozenset[str]
    lamps: frozenset[str]  # of LAMPS, those that the daemon uses on it
    conduct: Conduct

    def shows(self, *lamps: str) -> set[str]:
        """Those of some lamps that can be seen on it."""
        return set(lamps) & self.lamps


@cache
def family_of(name: str) -> Family:
    """Look a family up."""
    headset = make(name, ManualClock())
    found = recognise(headset.node("/virtual"), LIBRARY)
    assert isinstance(found, Recognised)
    everything = Indication(off_hook=True, ring=True, mute=True, hold=True)
    used = Encoder(found.layout, found.profile.lamps).lamps(everything)
    told = {one.value for one in found.layout.controls}
    digits = set("0123456789*#") if "keypad" in told else set()
    return Family(
        name,
        headset.temperament,
        frozenset(told | digits),
        frozenset(_MEANS[lamp] for lamp in used if lamp in _MEANS),
        found.info.conduct,
    )


def with_keys(*keys: str) -> list[str]:
    """The families that have all of these keys and a lamp that shows a call."""
    return [
        name
        for name in FAMILIES
        if family_of(name).keys.issuperset(keys) and "off_hook" in family_of(name).lamps
    ]


def whose_hook_follows(*keys: str) -> list[str]:
    """Of those, the families whose hook is a level and follows the Off-Hook lamp."""
    return [
        name
        for name in with_keys(*keys)
        if family_of(name).temperament.echoes_hook
        and not family_of(name).temperament.hook_pulse_s
        and family_of(name).conduct.hook_style is Style.LEVEL
    ]
