"""How real headsets behave, as data: what a virtual one does with a press and with a lamp.

Each line names who saw it; nothing here was measured on hardware of ours. What one source alone
says, and figures that no source gives, are marked so.
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
        echo_after_s: and this much later; 0 = before the write returns.
        echoes_all: an echo comes although the host has written the contrary meanwhile, as from a
            queue in the device; a press ends those under way. False: only the last word is echoed.
        mute_in_calls_only: the mute key does nothing while on-hook.
        mute_needs_answer: after a mute press that the host did not answer with the Mute lamp, the
            key is dead until the lamp is written or the next call begins.
        mute_is_level: mute is a state of the device, which the Mute lamp sets as well.
        busy_flag: the line busy bit follows the hook and the Off-Hook lamp, whoever lit it.
        link_flag: the line bit says that the radio link is open; it follows the same.
        busy_on_ring: the ring lamp makes it send a report with line busy set and the hook down.
        hook_comes_late: the first report of a press that answers has no hook bit, the next has.
        double_frames: every report is sent twice.
        hook_pulse_s: the hook falls back by itself this long after a press, answered or not;
            0 = it is a level.
        resume_flickers: Off-Hook after hold makes it send hook 1, 0, 1.
        deaf_while_second_rings: in a call, while a second one rings, the hook key sends nothing.
        says_no_by_on_hook: without a reject key, its gesture sends this many reports with the
            hook down; 0 = nothing.
    """

    name: str
    reverts_s: float = 0.0
    echoes_hook: bool = True
    echo_after_s: float = 0.0
    echoes_all: bool = False
    mute_in_calls_only: bool = False
    mute_needs_answer: bool = False
    mute_is_level: bool = False
    busy_flag: bool = True
    link_flag: bool = True
    busy_on_ring: bool = False
    hook_comes_late: bool = False
    double_frames: bool = False
    hook_pulse_s: float = 0.0
    resume_flickers: bool = False
    deaf_while_second_rings: bool = False
    says_no_by_on_hook: int = 0


PLAIN = Temperament("a device without moods", echoes_hook=False)

JABRA_EVOLVE = Temperament(
    "Jabra Evolve Link",
    reverts_s=2.0,  # "about 2000 ms, limit 2500 ms" (WICG/webhid issue 61)
    mute_in_calls_only=True,  # jabra-browser-integration issue 49
    # Unanswered, some say "mute" for ever (jabra-browser-integration issue 42), Evolve2 40 says
    # nothing at all on unmute (libhidtelephony issue 2): the harder of the two.
    mute_needs_answer=True,
)

JABRA_SPEAK = Temperament(
    "Jabra Speak 410, 510",
    reverts_s=2.0,
    mute_in_calls_only=True,
    mute_needs_answer=True,
    deaf_while_second_rings=True,  # X-Lite device maps: only flash and reject then
)

POLY = Temperament(
    "Plantronics Blackwire",
    double_frames=True,  # Calisto 3200 and hid-plantronics
    says_no_by_on_hook=1,  # Poly's WebHID sample: hook 0 while ringing rejects
)

POLY_PULSE = Temperament(
    "Plantronics whose hook is a pulse",
    hook_pulse_s=0.05,  # second event within 50 ms (WICG/webhid issue 61)
    double_frames=True,
    echoes_hook=False,
    says_no_by_on_hook=1,
)

GIGASET_ION = Temperament(
    "Gigaset ION",
    busy_on_ring=True,  # tSIP issue 32: the first report on ringing has no hook bit
    says_no_by_on_hook=2,  # tSIP and MicroSIP want two in a row before they reject
)

GIGASET_ION_LATE = Temperament(
    "Gigaset ION, the other reading of tSIP issue 32",
    hook_comes_late=True,  # "when a call is answered, the first report has no hook bit yet"
    says_no_by_on_hook=2,
)

EPOS = Temperament("EPOS and Sennheiser")  # GOnnect: SC 660 works by the standard page

YEALINK = Temperament(
    "Yealink WH6x",
    resume_flickers=True,  # Linphone ignores on-hook while a call is "resuming"
)

LOGITECH = Temperament(
    "Logitech H650e",
    # X-Lite map: hook events come twice in a row, the second of two opposite ones is to be ignored;
    # writing Off-Hook changes its own hook. The time between them is our guess.
    hook_pulse_s=0.1,
)

ANKER = Temperament(
    "Anker PowerConf",
    echoes_hook=False,  # nobody has said that its hook follows the Off-Hook lamp
)

TEMPERAMENTS = {  # vendor id -> what its devices do, for devices made from a dump
    0x0B0E: JABRA_EVOLVE,
    0x047F: POLY,
    0x046D: LOGITECH,
    0x1395: EPOS,
    0x291A: ANKER,
    0x6993: YEALINK,
}

OF_MODELS = {  # (vendor id, product id) -> the same, where a model differs from its vendor
    (0x0B0E, 0x0410): JABRA_SPEAK,
    (0x0B0E, 0x0412): JABRA_SPEAK,
    (0x0B0E, 0x0420): JABRA_SPEAK,
    (0x0B0E, 0x0422): JABRA_SPEAK,
}


def temperament_of(vendor_id: int, product_id: int) -> Temperament:
    """Return what is known of a model, else of its vendor's devices, else nothing."""
    known = OF_MODELS.get((vendor_id, product_id))
    return known or TEMPERAMENTS.get(vendor_id, PLAIN)
