"""The HTTP API as a whole: its description, its docs page, its guards."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from departments.models import ApiToken, User
from departments.permissions import Role
from departments.tests.callers import asking, faults, member
from qualityplan.api import api

if TYPE_CHECKING:
    from playwright.sync_api import Page

VALUES = {"plan": "2014", "code": "any", "pk": "1"}
CONTRACT = {
    "/departments",
    "/regions",
    "/plans",
    "/plans/{plan}/clauses",
    "/indicators",
    "/plans/{plan}/targets",
    "/plans/{plan}/tasks",
    "/plans/{plan}/attainment",
    "/plans/{plan}/targets/{code}/attainment",
    "/observations",
    "/imports",
    "/imports/{pk}",
    "/imports/{pk}/confirm",
    "/imports/{pk}/cancel",
    "/imports/{pk}/undo",
}


def document() -> dict[str, Any]:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    return answer.json()


def operations() -> list[tuple[str, str]]:
    """Method and address of each operation that the description names."""
    paths = api.get_openapi_schema(path_prefix="/api/v1/")["paths"]
    return [
        (method, re.sub(r"{(\w+)}", lambda name: VALUES[name[1]], path))
        for path, methods in paths.items()
        for method in methods
    ]


def refers(node: object) -> Iterator[str]:
    """Every reference in a document."""
    if isinstance(node, dict):
        yield from (value for name, value in node.items() if name == "$ref")
        for value in node.values():
            yield from refers(value)
    if isinstance(node, list):
        for value in node:
            yield from refers(value)


def test_the_description_is_openapi_3_1_and_holds_together() -> None:
    described = document()
    assert re.fullmatch(r"3\.1\.\d+", described["openapi"])
    assert {path.removeprefix("/api/v1") for path in described["paths"]} >= CONTRACT
    assert all(
        ref.removeprefix("#/components/schemas/") in described["components"]["schemas"] for ref in refers(described)
    )
    ids = [one["operationId"] for methods in described["paths"].values() for one in methods.values()]
    assert len(ids) == len(set(ids))


def test_a_decimal_is_described_as_a_string() -> None:
    actual = document()["components"]["schemas"]["AttainmentOut"]["properties"]["actual"]
    assert {one["type"] for one in actual["anyOf"]} == {"string", "null"}


@pytest.mark.parametrize(("method", "address"), operations())
def test_every_operation_is_closed_without_a_token(method: str, address: str) -> None:
    answer = getattr(Client(), method)(address)
    assert answer.status_code == 401
    assert faults(answer) == [(None, "not_authenticated")]


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "address"), operations())
def test_every_operation_is_closed_to_tokens_that_are_no_longer_valid(method: str, address: str) -> None:
    for number, change in enumerate(("revoked", "expired", "closed")):
        user = member(Role.COORDINATOR)
        token, key = ApiToken.issue(user, days=-1 if change == "expired" else 1)
        ApiToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now() if change == "revoked" else None)
        User.objects.filter(pk=user.pk).update(is_active=change != "closed")
        client = Client(headers={"Authorization": f"Bearer {key}"})
        assert getattr(client, method)(address).status_code == 401, (number, change)


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "address"), operations())
def test_every_operation_is_closed_to_whoever_holds_no_role(method: str, address: str) -> None:
    user = User.objects.create_user("nobody", is_staff=True, is_superuser=True)
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(user)[1]}"})
    assert getattr(client, method)(address).status_code == 403


@pytest.mark.django_db
def test_the_session_of_the_pages_reads_without_further_ado() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(member(Role.LEADER))
    assert client.get("/api/v1/plans").json() == {"items": [], "count": 0}


@pytest.mark.django_db
def test_no_cache_mixes_what_two_people_are_told() -> None:
    headers = asking(member(Role.LEADER))("/plans").headers
    assert {"Authorization", "Cookie", "Accept-Language"} <= {name.strip() for name in headers["Vary"].split(",")}
    assert "private" in headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_can_only_be_read_is_not_written(method: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {ApiToken.issue(member(Role.ADMINISTRATOR))[1]}"})
    assert getattr(client, method)("/api/v1/departments").status_code == 405


def test_the_docs_page_has_nothing_inline_and_no_foreign_host() -> None:
    answer = Client().get("/api/v1/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert "<style" not in page
    assert not re.search(r"\s(style|on\w+)=", page)
    assert not re.search(r"(https?:)?//[a-z]", page)
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_docs_page_works_under_its_policy(live_server: Any, page: "Page") -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.add_init_script(
        "window.broken = []; document.addEventListener('securitypolicyviolation', "
        "event => window.broken.push(event.violatedDirective + ' ' + event.blockedURI))"
    )
    page.goto(f"{live_server.url}/api/v1/docs")
    page.get_by_text("/api/v1/plans/{plan}/attainment", exact=True).click()
    page.get_by_text("inputs_hash").first.wait_for()
    assert page.evaluate("window.broken") == []
    assert not [url for url in asked if not url.startswith((live_server.url, "data:"))]


@pytest.mark.django_db
def test_a_person_who_sends_too_many_requests_is_told_when_to_try_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.throttle, "num_requests", 2)
    monkeypatch.setattr("departments.http_api.authentication.time", lambda: 1_400_000_010.5)
    busy, calm = asking(member(Role.LEADER)), asking(member(Role.LEADER))
    statuses = [busy("/regions").status_code for _request in range(3)]
    assert statuses == [200, 200, 429]
    refused = busy("/regions")
    assert faults(refused) == [(None, "throttled")]
    assert refused.headers["Retry-After"] == str(60 - 1_400_000_010 % 60)
    assert calm("/regions").status_code == 200


@pytest.mark.postgres_only
@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_are_all_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.throttle, "num_requests", 20)
    monkeypatch.setattr("departments.http_api.authentication.time", lambda: 1_000_000.0)
    key, start = ApiToken.issue(member(Role.LEADER))[1], Barrier(8)

    def ask() -> list[int]:
        client = Client(headers={"Authorization": f"Bearer {key}"})
        start.wait()
        try:
            return [client.get("/api/v1/regions").status_code for _request in range(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        asked = [people.submit(ask) for _thread in range(8)]
        statuses = [status for one in asked for status in one.result()]
    assert (statuses.count(200), statuses.count(429)) == (20, 20)
