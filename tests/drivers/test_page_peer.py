"""Whose program is at the other end of a connection within this machine: asked of the kernel."""

import os
import socket

import pytest

from bridge.drivers.http.peer import Peer, user_of


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
@pytest.mark.parametrize("half_closed", [False, True], ids=["open", "closed in one direction"])
def test_the_kernel_tells_whose_the_other_end_is(address: str, half_closed: bool) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.create_server((address, 0), family=family) as server:
        here = server.getsockname()[:2]
        with socket.create_connection(here) as there, server.accept()[0]:
            if half_closed:
                there.shutdown(socket.SHUT_WR)
            ends = (there.getsockname()[:2], here)
            assert user_of(*ends) == os.getuid()
            assert Peer(*ends).user == os.getuid()
            assert user_of((address, 1), here) is None
        assert user_of(*ends) is None


@pytest.mark.parametrize("there", [None, ("", 0), ("not an address", 5)])
def test_an_end_that_is_not_known_is_nobodys(there: tuple[str, int] | None) -> None:
    assert Peer(there, ("127.0.0.1", 1)).user is None
