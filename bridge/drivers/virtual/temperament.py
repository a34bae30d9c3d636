"""How real headsets behave, as data: what a virtual one does with a press and with a lamp.

Evidence for each is in ``hid_telephony.md``; nothing here was measured on hardware of ours.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Temperament:
    """The conduct of a device.

    Args:
        name: for people.
        reverts_s: a hook press the host does not answer with Off-Hook is taken back after this
            long; 0 = it stays.
        echoes_hook: a change of the Off-Hook lamp comes back as a hook report.
        mute_in_calls_only: the mute key does nothing while on-hook.
        mute_needs_answer: after a mute press that the host did not answer with the Mute lamp, the
            key is dead until the lamp is written.
        busy_flag: the line busy bit follows the hook.
        busy_on_ring: the ring lamp makes it send a report with line busy set and the hook down.
        double_frames: every report is sent twice.
        hook_pulse_s: the hook falls back by itself this long after a press; 0 = it is a level.
        resume_flickers: Off-Hook after hold makes it send hook 1, 0, 1.
    """

    name: str
    reverts_s: float = 0.0
    echoes_hook: bool = True
    mute_in_calls_only: bool = False
    mute_needs_answer: bool = False
    busy_flag: bool = True
    busy_on_ring: bool = False
    double_frames: bool = False
    hook_pulse_s: float = 0.0
    resume_flickers: bool = False


PLAIN = Temperament("a device without moods", echoes_hook=False)

JABRA_EVOLVE = Temperament(
    "Jabra Evolve Link",
    reverts_s=2.0,  # "about 2000 ms, limit 2500 ms" (WICG/webhid issue 61)
    mute_in_calls_only=True,  # jabra-browser-integration issue 49
)

POLY = Temperament(
    "Plantronics Blackwire",
    double_frames=True,  # Calisto 3200 and hid-plantronics
)

POLY_PULSE = Temperament(
    "Plantronics whose hook is a pulse",
    hook_pulse_s=0.05,  # second event within 50 ms (WICG/webhid issue 61)
    double_frames=True,
    echoes_hook=False,
)

GIGASET_ION = Temperament(
    "Gigaset ION",
    busy_on_ring=True,  # tSIP issue 32: the first report on ringing has no hook bit
)

EPOS = Temperament("EPOS and Sennheiser")

YEALINK = Temperament("Yealink WH6x", resume_flickers=True)

TEMPERAMENTS = {  # vendor id -> what its devices do, for devices made from a dump
    0x0B0E: JABRA_EVOLVE,
    0x047F: POLY,
    0x1395: EPOS,
    0x6993: YEALINK,
}
