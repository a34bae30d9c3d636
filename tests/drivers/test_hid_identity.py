"""Which device it is: the same after replug and under each of its ids, two of a kind are two."""

import pytest

from bridge.drivers.hidraw.recognise import Recognised, device_id, recognise
from bridge.drivers.ports import HidNode
from tests.hid_dumps import ALL
from tests.library import LIBRARY


def node(*, serial: str = "", port: str = "1-2") -> HidNode:
    return HidNode("/dev/hidraw0", 3, 0x0B0E, 0x0307, "A name", serial, port, b"")


def test_an_identity_is_stable_and_tells_no_serial_number() -> None:
    here, there = node(serial="SN4711", port="1-2"), node(serial="SN4711", port="3-1")
    assert device_id(here) == device_id(there)
    assert "4711" not in device_id(here)


@pytest.mark.parametrize("serial", ["", "0", "000000000000"])
def test_without_a_serial_number_the_port_tells_devices_apart(serial: str) -> None:
    here, there = node(serial=serial, port="1-2"), node(serial=serial, port="1-3")
    assert device_id(here) != device_id(there)


def test_two_devices_with_one_serial_number_are_two() -> None:
    here, there = node(serial="SAME", port="1-2"), node(serial="SAME", port="1-3")
    first = device_id(here)
    assert device_id(there, [first]) not in {first, ""}


BT700 = [0x02E6, 0x02E7, 0x02E8, 0x02E9]  # one adapter, by whether a headset is linked to it


def adapter(product: int, *, port: str = "1-2", serial: str = "") -> HidNode:
    descriptor = ALL["047f-02ec_voyager-base-cd"].recording.descriptor
    return HidNode("/dev/hidraw0", 3, 0x047F, product, "Poly BT700", serial, port, descriptor)


def identity(node: HidNode, *, generic: bool = False) -> str:
    found = recognise(node, LIBRARY, generic=generic)
    assert isinstance(found, Recognised)
    assert found.info.product_id == node.product_id
    return found.info.device


@pytest.mark.parametrize("serial", ["", "B1234"])
@pytest.mark.parametrize("product", BT700)
def test_an_adapter_under_any_of_its_ids_is_the_same_device(product: int, serial: str) -> None:
    first = identity(adapter(BT700[0], serial=serial))
    assert identity(adapter(product, serial=serial)) == first
    assert identity(adapter(product, serial=serial), generic=True) == first
    assert first.startswith("047f-02e6-")


@pytest.mark.parametrize("product", BT700)
def test_two_adapters_without_serial_numbers_are_two_under_any_id(product: int) -> None:
    assert identity(adapter(product, port="1-2")) != identity(adapter(BT700[0], port="1-3"))


def test_devices_of_a_profile_that_says_nothing_of_it_are_told_apart_by_their_ids() -> None:
    base = adapter(0x02EC)
    assert identity(base).startswith("047f-02ec-")
    assert identity(base) != identity(adapter(BT700[0]))
