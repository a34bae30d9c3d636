"""Which speakers are heard by the microphone, and which devices are meant. Pure."""

import json

import pytest

from bridge.engine.audio.scene import Pair, Scene, read_scene, usb_id

SPEAKERPHONES = frozenset({"0b0e:0412"})


def sink(name: str, port: str = "", **properties: str) -> dict[str, object]:
    """A row of ``pactl --format=json list sinks`` as PulseAudio 16.1 writes it, shortened."""
    return {
        "name": name,
        "properties": {f"device.{key}": value for key, value in properties.items()},
        "ports": [{"name": "there", "type": port}, {"name": "other", "type": "Unknown"}],
        "active_port": "there" if port else None,
    }


def usb(vendor: str, product: str) -> dict[str, str]:
    """Properties of a device on USB."""
    return {"vendor.id": vendor, "product.id": product}


def scene(*sinks: dict[str, object], modules: tuple[str, ...] = (), **info: str) -> Scene:
    """What a server with a microphone and these speakers says."""
    lists = {
        "modules": [{"name": "module-echo-cancel", "argument": text} for text in modules],
        "sinks": list(sinks),
        "sources": [{"name": "mic"}, {"name": "headset-mic"}, {"name": "ours.monitor"}],
    }
    about = {"default_source_name": "mic", "default_sink_name": "ears", **info}
    found = read_scene(json.dumps(lists), json.dumps(about))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (sink("one", **usb("0b0e", "0412")), True),
        (sink("one", **usb("0x0b0e", "0x0412")), True),  # PipeWire
        (sink("one", **usb("0b0e", "0413")), False),
        (sink("one", "Speaker", form_factor="internal"), True),
        (sink("one", "Headphones", form_factor="internal"), False),
        (sink("one", "HDMI"), True),
        (sink("one", "Line"), True),
        (sink("one", form_factor="headset"), False),
        (sink("one", form_factor="webcam"), True),
        (sink("one"), False),
    ],
)
def test_only_a_speaker_known_to_stand_in_the_room_is_heard(
    row: dict[str, object], expected: bool
) -> None:
    assert scene(row).is_in_the_room("one", SPEAKERPHONES) is expected


def test_a_speaker_that_is_not_there_is_not_heard() -> None:
    assert not scene().is_in_the_room("one", SPEAKERPHONES)


def test_the_id_of_a_card_on_pci_is_no_usb_id() -> None:
    row = sink("one", bus="pci", **usb("0b0e", "0412"))
    assert usb_id(row) == ""


@pytest.mark.parametrize(
    ("microphone", "speaker", "expected"),
    [
        ("", "", Pair("mic", "ears")),
        ("headset-mic", "", Pair("headset-mic", "ears")),
        ("pulled", "@DEFAULT_SINK@", Pair("mic", "ears")),
        ("ours.monitor", "ours", None),  # what it plays is no microphone
    ],
)
def test_what_is_not_there_is_the_default_device(
    microphone: str, speaker: str, expected: Pair | None
) -> None:
    there = scene(sink("ears"), sink("ours"))
    assert there.meant(microphone, speaker) == expected


def test_a_machine_without_a_speaker_has_nothing_to_cancel() -> None:
    assert scene().meant("", "") is None


def test_our_own_device_as_the_default_one_is_the_one_behind_it() -> None:
    """Seen with PulseAudio 16.1 and PipeWire 0.3.65 where every other microphone is a monitor."""
    ours = "offhook_echo_7_99_1"
    there = scene(
        sink("ears"),
        modules=(
            f"source_name={ours}_mic source_master=mic sink_name={ours}_speaker sink_master=ears",
            "source_name=other source_master=headset-mic",
        ),
        default_source_name=f"{ours}_mic",
        default_sink_name=f"{ours}_speaker",
    )
    assert there.meant("", "") == Pair("mic", "ears")


@pytest.mark.parametrize("text", ["", "nonsense", "[]", "7", '{"sinks": 3}', '{"sinks": [7, {}]}'])
def test_an_answer_of_another_kind_is_no_scene_or_an_empty_one(text: str) -> None:
    there = read_scene(text, text)
    assert there is None or there.meant("", "") is None
