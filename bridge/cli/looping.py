"""A call from this machine to itself, through two real SIP engines: what comes back, and how late.

The far end says what it hears. Both engines are ours alone, on loopback and on ports of their own:
a running daemon and its calls notice nothing, and no PBX is needed.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bridge.app.switchboard import fresh_call_id
from bridge.drivers.sip import SipEngine
from bridge.model.effects import AnswerCall, EndCall, PlaceCall
from bridge.model.engine import AccountSettings, EngineSettings, RecordingSettings
from bridge.model.errors import TransportError
from bridge.model.events import (
    CallArrived,
    CallEnded,
    EngineLost,
    EngineReady,
    Event,
    MediaChanged,
    OrderFailed,
    RegistrationChanged,
    SoundChanged,
)
from bridge.model.ids import AccountId, CallId
from bridge.model.sound import SoundBackend, SoundSettings, SoundStats, Volumes

UP_S = 20.0  # engines need 0.2 s; a slow card at its first start gets time
BACK_S = 10.0  # for the bursts that are timed: three take 1.5 s on any machine that can telephone
TRIPS = 3  # bursts that have to come back
POLL_S = 0.1
TONE_HZ = 1000.0
ECHO_FACTOR = 0.5  # -6 dB: a loudspeaker beside its microphone would howl at full strength

NEAR, FAR = "near", "far"
RTP_PORTS = 40
RTP_BASES = range(16384, 19900, 2 * RTP_PORTS)  # below `sip.rtp_ports` as it comes

E = TypeVar("E", bound=Event)


@dataclass
class Telephone:
    """One engine and what it said; made on the event loop.

    Args:
        name: its user part.
        settings: of the engine.
    """

    name: str
    settings: EngineSettings
    heard: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._news = asyncio.Event()
        account = AccountSettings(AccountId(self.name), self.name)
        self.engine = SipEngine(self.settings, (account,), self._take, time.monotonic)

    async def has_line(self) -> None:
        """Wait until it can be called.

        Raises:
            TransportError: the engine cannot run; the sentence says why.
        """
        ready = await self.until(EngineReady, UP_S)
        if not ready.max_calls:
            raise TransportError(ready.note)
        await self.until(RegistrationChanged, UP_S)

    def _take(self, event: Event) -> None:
        self.heard.append(event)
        self._news.set()

    async def until(
        self, kind: type[E], patience_s: float, fits: Callable[[E], bool] = lambda _event: True
    ) -> E:
        """Return the first event of a kind.

        Raises:
            TransportError: it did not come, or the call failed instead.
        """
        deadline_s = time.monotonic() + patience_s
        while True:
            for event in self.heard:
                if isinstance(event, kind) and fits(event):
                    return event
                if isinstance(event, EngineLost | CallEnded | OrderFailed):
                    raise TransportError(f"the loop call failed: {_reason(event)}")
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), deadline_s - time.monotonic())
            except TimeoutError:
                expected = f"no {kind.__name__} within {patience_s:.0f} s"
                raise TransportError(f"the loop call failed: {expected}") from None


def _reason(event: EngineLost | CallEnded | OrderFailed) -> str:
    return event.cause.reason if isinstance(event, CallEnded) else event.reason


@dataclass(frozen=True, slots=True)
class LoopCall:
    """A call to ourselves that is up.

    Args:
        near: the end that speaks.
        far: the end that says what it hears.
        codec: of the sound.
        set_up_ms: from the order to sound.
    """

    near: Telephone
    far: Telephone
    codec: str
    set_up_ms: float


async def called(stack: AsyncExitStack, settings: EngineSettings, sound: SoundSettings) -> LoopCall:
    """Call ourselves.

    Args:
        stack: ends the call and the engines.
        settings: as configured; ports and address are replaced.
        sound: of the near end.

    Raises:
        TransportError: it could not be made; the sentence says why.
    """
    base = random.choice(RTP_BASES)  # noqa: S311  # so that two tests rarely meet
    echo = replace(sound, backend=SoundBackend.ECHO, volumes=Volumes(microphone=ECHO_FACTOR))
    near = Telephone(NEAR, _alone(settings, sound, base))
    far = Telephone(FAR, _alone(settings, echo, base + RTP_PORTS))
    stack.push_async_callback(_stopped, near, far)
    for phone in (near, far):
        await phone.engine.__aenter__()
    for phone in (near, far):
        await phone.has_line()
    began_s = time.monotonic()
    call = fresh_call_id()
    near.engine.order(PlaceCall(call, AccountId(NEAR), f"sip:{FAR}@{far.engine.address}"))
    stack.callback(near.engine.order, EndCall(call))
    arrived = await far.until(CallArrived, UP_S)
    far.engine.order(AnswerCall(arrived.call))
    media = await near.until(MediaChanged, UP_S, lambda event: _sounds(event, call))
    return LoopCall(near, far, media.codec, (time.monotonic() - began_s) * 1000)


async def _stopped(*phones: Telephone) -> None:
    """Stop them at the same time: each takes a second."""
    await asyncio.gather(*(phone.engine.__aexit__(None, None, None) for phone in phones))


def _sounds(event: MediaChanged, call: CallId) -> bool:
    return event.active and event.call == call


def _alone(settings: EngineSettings, sound: SoundSettings, rtp_first: int) -> EngineSettings:
    """Return settings of an engine that meets nobody."""
    return replace(
        settings,
        bind_address="127.0.0.1",
        port=0,
        rtp_first=rtp_first,
        rtp_count=RTP_PORTS,
        sound=sound,
        recording=RecordingSettings(),
    )


@dataclass(frozen=True, slots=True)
class Measured:
    """What came back of bursts of a tone.

    Args:
        codec: of the call.
        set_up_ms: from the order to sound.
        trips_ms: there and back, each burst.
        dbfs: level of the tone that came back; said at -12 and sent back 6 dB quieter.
    """

    codec: str
    set_up_ms: float
    trips_ms: tuple[float, ...]
    dbfs: float

    @property
    def delay_ms(self) -> float:
        """There and back, the middle one."""
        return statistics.median(self.trips_ms)


def measure(settings: EngineSettings) -> Measured:
    """Time a tone there and back, without devices.

    Args:
        settings: as configured.

    Raises:
        TransportError: the call failed, or nothing came back.
    """
    return asyncio.run(_measured(settings))


async def _measured(settings: EngineSettings) -> Measured:
    sound = replace(
        settings.sound,
        backend=SoundBackend.TEST,
        volumes=Volumes(),
        test_tone_hz=TONE_HZ,
        test_listen_hz=(TONE_HZ,),
        test_bursts=True,
    )
    async with AsyncExitStack() as stack:
        call = await called(stack, settings, sound)
        deadline_s = time.monotonic() + BACK_S
        trips_ms: tuple[float, ...] = ()
        while time.monotonic() < deadline_s:
            stats = await call.near.engine.sound_stats()
            trips_ms = stats.round_trips_ms
            if len(trips_ms) >= TRIPS:
                return Measured(call.codec, call.set_up_ms, trips_ms, stats.tones[0].dbfs)
            await asyncio.sleep(POLL_S)
    raise TransportError(
        f"the loop call was up, but of a tone each half second {len(trips_ms)} came back in "
        f"{BACK_S:.0f} s, expected {TRIPS}: does a firewall stop UDP on 127.0.0.1?"
    )


@dataclass(frozen=True, slots=True)
class Spoken:
    """What went through a call with the devices of the configuration.

    Args:
        loudest_dbfs: of what the far end heard.
        stats: of our end, at the end.
        note: what is wrong with the devices, else empty.
    """

    loudest_dbfs: float
    stats: SoundStats
    note: str


def speak(settings: EngineSettings, seconds: float, begun: Callable[[], None]) -> Spoken:
    """Let the user speak into a call and hear it come back.

    Args:
        settings: as configured.
        seconds: how long.
        begun: called when the call is up.

    Raises:
        TransportError: the call failed.
    """
    return asyncio.run(_spoken(settings, seconds, begun))


async def _spoken(settings: EngineSettings, seconds: float, begun: Callable[[], None]) -> Spoken:
    async with AsyncExitStack() as stack:
        call = await called(stack, settings, settings.sound)
        begun()
        loudest, deadline_s = -120.0, time.monotonic() + seconds
        while time.monotonic() < deadline_s:
            loudest = max(loudest, (await call.far.engine.sound_stats()).rms_dbfs)
            await asyncio.sleep(POLL_S)
        stats = await call.near.engine.sound_stats()
        return Spoken(loudest, stats, _sound_note(call.near.heard))


def _sound_note(heard: list[Event]) -> str:
    """Return what was said last about the sound."""
    notes = [event.note for event in heard if isinstance(event, SoundChanged)]
    return notes[-1] if notes else ""
