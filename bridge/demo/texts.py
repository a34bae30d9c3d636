"""Sentences of the demo that stand in more than one place."""

from bridge.demo.scene import Scene

TITLE = "Offhook demo: a real SIP call rings a headset"


def introduce(scene: Scene) -> list[str]:
    """Return the title and the two lines about what is real."""
    return [TITLE, *real_and_virtual(scene)]


def real_and_virtual(scene: Scene) -> list[str]:
    """Return the two lines about what is real and what is not."""
    name = scene.device.name if scene.device else "the headset"
    mqtt = "MQTT (mosquitto), " if scene.listener else ""
    sip = "SIP calls (pjsua2), " if scene.can_call else ""
    caller = "the caller" if scene.can_call else "the SIP engine's stand-in"
    real = f"daemon, HID decoding, {sip}{mqtt}{caller}"
    if scene.setting.headset is None:
        return [f"Real     {real}", f"and too  the {name}: press its own keys"]
    return [f"Real     {real}", f"Virtual  {name}, made from its real descriptor"]
