"""A profile that is right, to be broken or put somewhere."""

from pathlib import Path

GOOD = """\
schema: 1
id: acme-duo-100
vendor: Acme
model: Duo 100
kind: headset
match:
  usb: ["1209:0001", "1209:0002"]
decoder: hid_telephony
inputs:
  hook: {report: 2, bit: 0, sends: level}
  mute: {sends: level}
outputs:
  off_hook: {report: 4, bit: 0}
conduct:
  hold: clear_off_hook
  reject_by_on_hook: 2
  echo_s: 1.5
lamps:
  mute: [microphone]
  on_line: true
headsets: [Duo, Mono]
limits: [no volume keys while idle]
evidence:
  verified: document
  firmware: ["1.4.2"]
  sources: [acme.example, reports]
"""


def write(directory: Path, text: str, name: str = "acme-duo-100") -> Path:
    path = directory / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path
