"""The demonstration: the real daemon with only its outermost bytes replaced.

Real are the core, the HID decoding, SIP and sound (pjsua2) and MQTT (mosquitto); virtual is the
headset behind the USB cable, made from a real report descriptor. The caller is a second pjsua2 in
a process of its own.
"""
