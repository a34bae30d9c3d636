"""Whose page asks: host, origin and what the browser says about it."""

import pytest
from starlette.datastructures import Headers

from bridge.drivers.http.page_guard import Place, bearer_of, is_here, objection

HERE = Place(frozenset({"localhost", "phone.example"}), ("http",), behind_proxy=False)
TLS = Place(frozenset({"phone.example"}), ("https",), behind_proxy=False)
PROXY = Place(frozenset({"phone.example"}), ("http", "https"), behind_proxy=True)

OURS = "127.0.0.1:8089"
GOOD = {"host": OURS, "origin": f"http://{OURS}", "sec-fetch-site": "same-origin"}


def code(method: str, place: Place = HERE, bearer: str = "", **changed: str | None) -> str:
    headers = {**GOOD, **{name.replace("_", "-"): text for name, text in changed.items()}}
    kept = {name: text for name, text in headers.items() if text is not None}
    no = objection(method, Headers(kept), place, bearer)
    return "" if no is None else no.code


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_the_page_itself_is_heard(method: str) -> None:
    assert code(method) == ""


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8089", "127.0.0.1.evil.example", "phone.example.evil"]
)
def test_a_strangers_name_that_leads_here_is_not_heard(host: str) -> None:
    assert code("GET", host=host, origin=f"http://{host}") == "host"
    assert code("GET", host=host, origin=None) == "host"


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://127.0.0.1:9999",
        "https://127.0.0.1:8089",
        "http://127.0.0.1:8089.evil.example",
        "http://u@127.0.0.1:8089",
        "http://127.0.0.1:8089/",
        "null",
        "http://[",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_strangers_page_is_not_heard(method: str, origin: str) -> None:
    assert code(method, origin=origin) == "origin"


def test_a_change_without_an_origin_is_not_heard_and_a_look_is() -> None:
    assert code("POST", origin=None) == "origin"
    assert code("GET", origin=None) == ""


def test_a_program_with_a_token_has_no_origin() -> None:
    assert code("POST", origin=None, sec_fetch_site=None, bearer="t") == ""
    assert code("POST", origin="http://evil.example", bearer="t") == "origin"


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_the_browser_says_of_another_site_counts(site: str) -> None:
    assert code("GET", sec_fetch_site=site, origin=None) == "site"


def test_the_usual_port_may_be_left_out() -> None:
    assert code("POST", TLS, host="phone.example", origin="https://phone.example:443") == ""
    assert code("POST", TLS, host="phone.example", origin="http://phone.example") == "origin"
    assert code("POST", PROXY, host="phone.example", origin="https://phone.example") == ""


@pytest.mark.parametrize(
    ("peer", "headers", "expected"),
    [
        ("127.0.0.1", {}, True),
        ("::1", {}, True),
        ("::ffff:127.0.0.1", {}, True),
        ("192.0.2.7", {}, False),
        ("127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, False),
        ("127.0.0.1", {"forwarded": "for=127.0.0.1"}, False),
        ("", {}, False),
    ],
)
def test_only_who_is_on_this_machine_is_here(
    peer: str, headers: dict[str, str], expected: bool
) -> None:
    assert is_here(peer, Headers(headers), behind_proxy=False) is expected
    assert not is_here(peer, Headers(headers), behind_proxy=True)


@pytest.mark.parametrize(
    ("said", "token"), [("Bearer abc", "abc"), ("bearer  abc ", "abc"), ("Basic abc", ""), ("", "")]
)
def test_a_token_is_read_from_its_header(said: str, token: str) -> None:
    assert bearer_of(Headers({"authorization": said})) == token
