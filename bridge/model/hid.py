"""What a telephony HID device can say and show, in words that are the same for every vendor."""

from dataclasses import dataclass
from enum import Enum

from bridge.model.ids import DeviceId


class Control(Enum):
    """An input of a device (HID page 0x0B unless noted)."""

    HOOK = "hook"  # 0B:20
    MUTE = "mute"  # 0B:2F
    FLASH = "flash"  # 0B:21
    REJECT = "reject"  # 09:07, 09:01 or 0B:07 inside a telephony collection
    DROP = "drop"  # 0B:26
    REDIAL = "redial"  # 0B:24
    HOLD = "hold"  # 0B:23
    LINE = "line"  # 0B:2A, the wireless link is open
    LINE_BUSY = "line_busy"  # 0B:97, some program has a call on the device
    SPEED_DIAL = "speed_dial"  # 0B:50
    VOICE_MAIL = "voice_mail"  # 0B:70
    SPEAKER_PHONE = "speaker_phone"  # 0B:2B
    SEND = "send"  # 0B:31
    KEYPAD = "keypad"  # 0B:B0..BF
    VOLUME_UP = "volume_up"  # 0C:E9
    VOLUME_DOWN = "volume_down"  # 0C:EA
    SPEAKER_MUTE = "speaker_mute"  # 0C:E2
    PLAY_PAUSE = "play_pause"  # 0C:CD
    TEAMS = "teams"  # FF99:04


class Lamp(Enum):
    """An output of a device (HID page 0x08 unless noted)."""

    OFF_HOOK = "off_hook"  # 08:17
    RING = "ring"  # 08:18
    MUTE = "mute"  # 08:09
    MICROPHONE = "microphone"  # 08:21, the working mute lamp of many Jabra models
    HOLD = "hold"  # 08:20
    ON_LINE = "on_line"  # 08:2A, opens the wireless link
    SPEAKER = "speaker"  # 08:1E
    MESSAGE_WAITING = "message_waiting"  # 08:19
    DO_NOT_DISTURB = "do_not_disturb"  # 08:08
    RINGER = "ringer"  # 0B:9E, the audible ringer
    HOST = "host"  # FFA0:8D of old Plantronics devices: a program uses the device


class Style(Enum):
    """How a control tells its state (main-item flags of the descriptor, HID 1.11 6.2.2.5)."""

    LEVEL = "level"  # stays 1 while the state is on
    PULSE = "pulse"  # 1, then 0, per press
    ON_OFF = "on_off"  # relative -1/+1


class SecondCall(Enum):
    """What hanging up on the device means while a second call rings."""

    END_AND_ANSWER = "end_and_answer"  # ends the first call and answers the second
    END = "end"  # ends the first call; the second one rings on


@dataclass(frozen=True, slots=True)
class ControlChange:
    """One control changed since the device's previous report.

    Args:
        control: which one.
        on: the new value of a level or pulse control; True for a key of the keypad going down.
        key: the key pad character ``0-9 * # A-D`` for ``KEYPAD``, else empty.
    """

    control: Control
    on: bool
    key: str = ""


@dataclass(frozen=True, slots=True)
class Malformed:
    """A report that does not fit the descriptor: counted and shown in the trace, never acted on.

    Args:
        reason: expected and found, lower case.
        data: the report as read, at most 64 bytes of it.
    """

    reason: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Indication:
    """What a device is to show now. Computed from call state, never switched.

    Args:
        off_hook, ring, mute, hold: a call.
        message_waiting, do_not_disturb: no call; only on devices that declare such a lamp.
    """

    off_hook: bool = False
    ring: bool = False
    mute: bool = False
    hold: bool = False
    message_waiting: bool = False
    do_not_disturb: bool = False

    @property
    def is_idle(self) -> bool:
        """Whether it shows no call."""
        return not (self.off_hook or self.ring or self.mute or self.hold)


@dataclass(frozen=True, slots=True)
class Conduct:
    """How a device behaves in the conversation, compiled from its profile and descriptor.

    Durations are seconds. The evidence for the defaults is in ``device_profiles/REFERENCE.md``.
    """

    mute_style: Style = Style.PULSE
    hook_style: Style = Style.LEVEL
    hold_clears_off_hook: bool = False  # "variant A" of the two hold schools
    reject_by_on_hook: int = 0  # on-hook reports in a row that reject a ringing call; 0 = never
    echo_s: float = 3.0  # an expected hook echo is waited for this long
    hold_guard_s: float = 0.5  # hook edges are not believed this long around hold and resume
    pulse_s: float = 0.1  # hook falling back this soon after its rise is a pulse, not a hang-up
    settle_s: float = 0.5  # wait after replug before the state is written again
    coexists: bool = True  # a call of another program on the device is seen and not cut
    mute_lock_s: float = 0.7  # a mute press this soon after a mute write is a refusal (boom arm up)
    duplicate_s: float = 0.01  # the same bytes again this soon are the same report
    second_call: SecondCall = SecondCall.END_AND_ANSWER
    acknowledges_at_once: bool = True  # off-hook follows the press, not the answer of the network


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """One attached telephony device.

    Args:
        device: stable identity.
        vendor_id, product_id: USB ids, 0..0xFFFF.
        name: product string as the device gives it, made printable, at most 64 characters.
        node: where it was opened, such as ``/dev/hidraw3`` (for people, not an identity).
        controls, lamps: what its descriptor declares and we understand.
        profile: id of the profile that applied.
        conduct: how it behaves.
        port: USB port where it is plugged in, such as ``1-2.3``; empty when not on USB.
    """

    device: DeviceId
    vendor_id: int
    product_id: int
    name: str
    node: str
    controls: frozenset[Control]
    lamps: frozenset[Lamp]
    profile: str
    conduct: Conduct
    port: str = ""
