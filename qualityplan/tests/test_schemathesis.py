"""Whatever a program may send by the description of the API, or against it: every answer is one that is described.

Schemathesis makes the requests, alike each time, and holds each answer against the document: its status, its headers,
its kind and its schema; and what the document forbids must be refused. The longer half sends many more.
"""

from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from departments.models import ApiToken
from imports.tests.people import brought, row
from qualityplan.api import api
from qualityplan.tests.test_generated_client import OPERATIONS
from qualityplan.wsgi import application
from targets.tests import factories as f
from tasks.models import Task

pytestmark = pytest.mark.django_db
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@cache
def described() -> Any:
    """The document as the service gives it."""
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """All requests stand in the test's transaction: none closes its connection, as with Django's own test client."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A plan with something of each kind, and a coordinator who may ask as often as wanted."""
    monkeypatch.setattr(api.throttle, "num_requests", 1_000_000)
    coordinator, made = f.coordinator(), f.target(f.indicator(), threshold=92)
    f.judged_anew(made)
    f.official(f.entry(made.indicator, "2014-06", 95, 100))
    Task.objects.create(
        plan=made.plan, clause=made.clause, code="1", title="任务", quote=made.clause.text, due="2014-12-31"
    )
    batch = brought(coordinator, row(made.indicator, "2014-01", 40, 100))
    figure = {"indicator": made.indicator.code, "region": made.plan.region.code}
    known = {"plan": made.plan.code, "code": made.code, "pk": batch.pk}
    key = ApiToken.issue(coordinator)[1]
    return SimpleNamespace(known=known, figure=figure, headers={"Authorization": f"Bearer {key}"})


def try_out(name: str, house: SimpleNamespace, mode: GenerationMode, examples: int, headers: dict[str, str]) -> None:
    """Sends so many requests, half of them about things that are there."""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described().find_operation_by_id(name).as_strategy(generation_mode=mode), there=st.booleans())
    def ask(case: Any, there: bool) -> None:
        if there and mode is GenerationMode.POSITIVE:
            case.path_parameters = {part: house.known[part] for part in case.path_parameters or {}}
            for sent in case.body["observations"] if isinstance(case.body, dict) and "mode" in case.body else ():
                sent |= house.figure
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()


@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_one_that_is_described(name: str, mode: GenerationMode, house: SimpleNamespace) -> None:
    try_out(name, house, mode, 6, house.headers)


@pytest.mark.long
@pytest.mark.parametrize("mode", GenerationMode)
@pytest.mark.parametrize("name", OPERATIONS)
def test_many_answers_are_ones_that_are_described(name: str, mode: GenerationMode, house: SimpleNamespace) -> None:
    try_out(name, house, mode, 200, house.headers)


def test_a_failure_of_the_service_would_be_noticed(house: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("departments.api.departments_seen_by", lambda user: 1 // 0)
    with pytest.raises(FailureGroup, match="Server error"):
        try_out("list_departments", house, GenerationMode.POSITIVE, 2, house.headers)


@pytest.mark.parametrize("name", OPERATIONS)
def test_whoever_has_no_token_is_told_so_whatever_is_sent(name: str, house: SimpleNamespace) -> None:
    try_out(name, house, GenerationMode.POSITIVE, 2, {})
