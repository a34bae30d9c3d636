"""Decisions, pure: the same state and event always give the same state and effects.

Theory of operation
-------------------
``step.step`` takes a frozen ``State`` and one event and returns the next state and the effects.

* SIP events and intents change *calls*. A call has a confirmed phase and a wish: what somebody here
  has asked for and the network has not confirmed yet.
* Control changes of a device first pass ``headset``, which keeps one conversation per device and
  tells a person's press from the echo of our own writes; what remains is a *gesture*.
* ``gestures`` maps gesture × situation to an intent, in one table.
* At the end of every step ``lamps`` computes what each device, the ringer and the microphone are to
  be, from calls *and wishes*, and orders the difference. That is why a press is acknowledged at
  once, although the PBX answers later, and why a lamp cannot outlive its call.
"""
