"""What an eye sees: the lamps of a panel, a deck, a reader of MQTT and a desk phone."""

import contextlib
import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from PIL import ImageChops, ImageStat

from bridge.blf.fit import lamps_for
from bridge.blf.tables import SHOWN_BY
from bridge.drivers.hid_panels.picture import Look, draw
from bridge.drivers.virtual.deck import PIXELS, VirtualDeck
from bridge.drivers.virtual.panel import PtyPanel
from bridge.drivers.virtual.panel_firmware import Make
from bridge.model.blf import Favourite, KeyState, KeyType, Lamp
from bridge.model.lamps import LookName
from tests.contract.panel_rigs import Nodes, Ports, upright
from tests.integration.running import BASE
from tests.integration.waiting import eventually
from tests.mqtt.reader import Reader
from tests.pbx.instance import Pbx


def lamps_of(type_: KeyType) -> Mapping[KeyState, Lamp]:
    """Return what each state of a key of a type looks like."""
    return lamps_for(LookName.GENERIC, type_)


class Eye(Protocol):
    """One lamp for each key, wherever it is."""

    name: str

    def shows(self, position: int) -> str:
        """Return the state that is seen, in the words of keys."""


class OnPanel:
    """The lamps of a serial panel, by the frames its firmware took."""

    name = "serial panel"

    def __init__(self, folder: Path, keys: Sequence[Favourite]) -> None:
        self.path = folder / "panel"
        self._lamps = {key.position: lamps_of(key.type) for key in keys}
        self.ports = Ports()
        self._make = Make()
        self.panel = PtyPanel(self._make)

    async def plug(self) -> None:
        self.panel = await PtyPanel(self._make).__aenter__()
        self.path.unlink(missing_ok=True)
        self.path.symlink_to(self.panel.path)
        self.ports.add(self.panel.path, "")

    def pull(self) -> None:
        self.path.unlink(missing_ok=True)
        self.panel.unplug()

    def lamp(self, position: int) -> Lamp:
        return self.panel.board.lamps.get(position - 1, Lamp())

    def shows(self, position: int) -> str:
        seen = self.lamp(position)
        words = [state.value for state, lamp in self._lamps[position].items() if lamp == seen]
        return "|".join(sorted(words))

    async def presses(self, position: int) -> None:
        """As a finger does: down and up, when the panel is served."""
        await eventually(lambda: self.panel.firmware.is_in_session, "the panel is served")
        self.panel.press(position - 1)
        self.panel.release(position - 1)


class OnDeck:
    """The pictures of a Stream Deck, read as a person does: by the word and its colour."""

    name = "stream deck"

    def __init__(self, keys: Sequence[Favourite]) -> None:
        self.nodes = Nodes()
        self.deck = VirtualDeck()
        self._keys = {key.position: key for key in keys}

    def plug(self) -> None:
        self.deck.plug()
        self.nodes.add(self.deck.node("/virtual/hidraw7"), self.deck.handle)

    def pull(self) -> None:
        self.deck.unplug()
        self.nodes.remove("/virtual/hidraw7")

    def shows(self, position: int) -> str:
        jpeg = self.deck.jpegs.copy().get(position - 1)
        key = self._keys[position]
        return "black" if jpeg is None else word_of(jpeg, key.name, key.type)


@functools.cache
def word_of(jpeg: bytes, label: str, type_: KeyType) -> str:
    """Return the state whose picture is the nearest."""
    seen, lamps = upright(jpeg), lamps_of(type_)

    def distance(state: KeyState, *, bright: bool) -> float:
        look = Look(label, state.value, lamps[state].color, bright)
        apart = ImageChops.difference(seen, draw(look, PIXELS, PIXELS))
        return sum(ImageStat.Stat(apart).sum)

    pictures = [(state, bright) for state in SHOWN_BY[type_] for bright in (True, False)]
    return min(pictures, key=lambda one: distance(one[0], bright=one[1]))[0].value


class OnMqtt:
    """What readers of the bridge see of each key."""

    name = "mqtt blf"

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def shows(self, position: int) -> str:
        body = json.loads(self._reader.latest.get(f"{BASE}/blf/{position}") or b"{}")
        return str(body.get("state", "nothing"))


class Watcher:
    """A desk phone with lamp keys for some names: a subscriber at the PBX."""

    def __init__(self, pbx: Pbx, *names: str) -> None:
        self._seen: list[tuple[str, str]] = []
        command = [sys.executable, "-m", "tests.pbx.lamp_watch", "--host", pbx.host]
        command += ["--port", str(pbx.sip_port), "--user", "209"]
        command += ["--password", pbx.password("209"), *names]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self._output = self._process.stdout.fileno()
        self._rest = b""  # of a line that has not come whole
        os.set_blocking(self._output, False)

    def shows(self, name: str) -> str:
        """Return the newest lamp of a name, in the words of keys."""
        for line in self._lines():
            said: dict[str, Any] = json.loads(line)
            if "lamp" in said:
                lamp = str(said["lamp"])
                self._seen.append((str(said["name"]), "free" if lamp == "idle" else lamp))
        return dict(self._seen).get(name, "nothing yet")

    def _lines(self) -> list[bytes]:
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._output, 65536):
                self._rest += data
        *lines, self._rest = self._rest.split(b"\n")
        return lines

    def story(self) -> str:
        """Every lamp seen so far, in order."""
        return str(self._seen)

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()  # closes the pipe as well
