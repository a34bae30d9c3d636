"""Requests made of the page's OpenAPI document, right and wrong: no 5xx, nothing undeclared.

schemathesis takes seconds to be imported: only where it is used.
"""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase

from bridge.drivers.http import page_server
from bridge.kiosk.openapi import described
from bridge.kiosk.operations import OPERATIONS
from bridge.model.page import PageSettings, PageToken, Role
from tests.scenarios.desk import desk_with
from tests.scenarios.page_rig import Browser, browser_at

EXAMPLES = 60  # of each operation

TOKEN = "t" * 43
ANNA = PageToken("anna", Role.ADMINISTRATOR, hashlib.sha256(TOKEN.encode()).digest())
PAGE = PageSettings(enabled=True, port=0, tokens=(ANNA,))

CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "ignored_auth",
    "negative_data_rejection",
)


def ask_much(name: str, browser: Browser) -> None:
    """Ask one operation very often; each answer is held to the document."""
    import schemathesis  # noqa: PLC0415  # see above
    from schemathesis.checks import CHECKS  # noqa: PLC0415  # see above

    schema = schemathesis.openapi.from_dict(described("test"))
    declared: list[Any] = [one.ok() for one in schema.get_all_operations()]  # type: ignore[union-attr]
    (operation,) = [one for one in declared if one.definition.raw["operationId"] == name]
    checks = list(CHECKS.get_by_names(CHECKED))

    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        case.call_and_validate(base_url=browser.origin, headers=headers, checks=checks)

    ask()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", [one.name for one in OPERATIONS])
async def test_no_request_breaks_the_page_or_is_answered_to_nobody(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_server, "BURST", 1e12)  # the desk's clock stands still
    directory: Path = tmp_path_factory.mktemp("d")
    async with desk_with(directory, page=PAGE) as desk:
        await asyncio.to_thread(ask_much, name, await browser_at(desk))
