"""The API keeps to its own description: schemathesis asks for everything, also for nonsense."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, TypeAlias

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.generation.modes import GenerationMode

from tests.flow.pages import TOKEN, WITH_TOKENS, Site, served
from tests.flow.stage import staged

Case: TypeAlias = "schemathesis.Case[Any]"
UNSEEN = {413, 503}  # too large to be looked at; one looks back at a time
EXAMPLES = 8  # for each operation, valid and invalid; `long` tries two hundred


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with staged(tmp_path_factory.mktemp("schema")) as stage, served(stage, **WITH_TOKENS) as site:
        site.headers = {"Authorization": f"Bearer {TOKEN}"}
        site.poll(**{"1_ANA": "2", "2_LUIS": "9"})
        yield site


def try_all(site: Site, examples: int) -> list[str]:
    """Call every operation so often, each way; returns what was called."""
    schema = schemathesis.openapi.from_url(f"{site.url}/openapi.json", headers=site.headers)
    called = []
    for result in schema.get_all_operations():
        operation = result.ok()  # type: ignore[union-attr]
        called.append(f"{operation.method.upper()} {operation.path}")
        for mode in GenerationMode:
            strategy = operation.as_strategy(generation_mode=mode)
            _try(site, strategy, examples)
    return called


def _try(site: Site, strategy: st.SearchStrategy[Case], examples: int) -> None:
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def run(case: Case) -> None:
        answer = case.call(headers=site.headers, timeout=60)
        if answer.status_code not in UNSEEN:
            case.validate_response(answer, headers=site.headers)

    with suppress(Unsatisfiable):  # nothing can be wrong with what takes no parameter
        run()


def test_every_answer_is_as_described(site: Site) -> None:
    called = try_all(site, EXAMPLES)

    assert "GET /api/v1/incidents" in called


@pytest.mark.long
def test_every_answer_is_as_described_whatever_is_asked(site: Site) -> None:
    assert try_all(site, 200)


def test_the_description_names_no_operation_without_words(site: Site) -> None:
    paths = site.ask("/openapi.json").json()["paths"]

    silent = [p for p, methods in paths.items() for m in methods.values() if not m.get("summary")]
    assert not silent
