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
from openapi_schema_validator import OAS31Validator
from pytest_django.fixtures import Settings

from departments.models import ApiToken, User
from departments.permissions import Role
from departments.tests.callers import asking, faults, member, posting
from qualityplan.api import api
from qualityplan.building.openapi import faults_of_document

if TYPE_CHECKING:
    from playwright.sync_api import Page

VALUES = {"plan": "2014", "code": "any", "pk": "1"}
OPERATION_IDS = {
    "list_departments": "get /departments",
    "list_regions": "get /regions",
    "list_plans": "get /plans",
    "list_clauses": "get /plans/{plan}/clauses",
    "list_indicators": "get /indicators",
    "list_targets": "get /plans/{plan}/targets",
    "list_attainments": "get /plans/{plan}/attainment",
    "list_attainments_of_target": "get /plans/{plan}/targets/{code}/attainment",
    "list_tasks": "get /plans/{plan}/tasks",
    "list_observations": "get /observations",
    "send_observations": "post /observations",
    "create_import": "post /imports",
    "get_import": "get /imports/{pk}",
    "confirm_import": "post /imports/{pk}/confirm",
    "cancel_import": "post /imports/{pk}/cancel",
    "undo_import": "post /imports/{pk}/undo",
}
"""What generated clients call each operation: a name is never changed, and no operation taken away."""
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


def test_the_description_is_valid_and_a_fault_in_it_is_named() -> None:
    described = document()
    assert faults_of_document(described) == []
    described["paths"]["/api/v1/plans/{plan}/tasks"]["get"]["parameters"][0]["examples"] = ["2014"]
    found = faults_of_document(described)
    assert found
    assert all(fault.startswith("paths//api/v1/plans/{plan}/tasks/get/parameters/0") for fault in found)


def test_every_operation_keeps_the_name_that_clients_call_it() -> None:
    named = {
        operation["operationId"]: f"{method} {path.removeprefix('/api/v1')}"
        for path, methods in document()["paths"].items()
        for method, operation in methods.items()
    }
    assert named == OPERATION_IDS


def test_every_operation_parameter_and_field_is_described() -> None:
    described = document()
    mute = [name for name, schema in described["components"]["schemas"].items() if not said(schema)]
    for methods in described["paths"].values():
        for operation in methods.values():
            parts = [operation, *operation["parameters"], *operation["responses"].values()]
            mute += [operation["operationId"] for part in parts if not said(part)]
    mute += [f"{place}.{name}" for place, name, schema in properties_in(described) if not said(schema)]
    assert mute == []


def said(part: dict[str, Any]) -> bool:
    return bool(part.get("description", "").strip())


def properties_in(node: object, place: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every property of every schema, wherever it stands."""
    if isinstance(node, dict):
        if isinstance(node.get("properties"), dict):
            yield from ((place, name, schema) for name, schema in node["properties"].items())
        for name, part in node.items():
            yield from properties_in(part, f"{place}/{name}")
    if isinstance(node, list):
        for part in node:
            yield from properties_in(part, place)


def test_every_example_fits_what_it_is_an_example_of() -> None:
    described = document()
    checked = list(examples_in(described))
    assert len(checked) > 40
    for schema, example in checked:
        whole = schema | {"components": described["components"]}
        assert [error.message for error in OAS31Validator(whole).iter_errors(example)] == [], example


def examples_in(node: object) -> Iterator[tuple[dict[str, Any], object]]:
    """Each example with its schema: those of a schema are a list, those of a body or a parameter have names."""
    if isinstance(node, dict):
        found = node.get("examples", [])
        if isinstance(found, list):
            yield from ((node, example) for example in found)
        elif isinstance(node.get("schema"), dict):
            yield from ((node["schema"], example["value"]) for example in found.values())
        for part in node.values():
            yield from examples_in(part)
    if isinstance(node, list):
        for part in node:
            yield from examples_in(part)


def test_every_operation_says_how_it_refuses_and_in_one_shape() -> None:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            refusals = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            expected = {"400", "401", "403", "422", "429", "500", "503"}
            expected |= {"404"} if "{" in path or (method, path) == ("get", "/api/v1/observations") else set()
            expected |= {"409"} if "{plan}" in path else set()
            expected |= {"409", "413", "507"} if method == "post" else set()
            assert set(refusals) == expected, path
            for answer in refusals.values():
                kind = answer["content"]["application/json"]["schema"]
                assert kind == {"$ref": "#/components/schemas/Faults"}
            assert {status for status, answer in refusals.items() if "Retry-After" in answer.get("headers", {})} == {
                "429",
                "503",
            }


@pytest.mark.django_db
@pytest.mark.parametrize(("language", "words"), [("zh-Hans", "不是 JSON 对象"), ("en", "is no JSON object")])
@pytest.mark.parametrize("address", ["/observations", "/imports/1/confirm", "/imports/1/undo"])
def test_a_body_that_cannot_be_read_is_refused_alike_everywhere(address: str, language: str, words: str) -> None:
    answer = posting(member(Role.COORDINATOR), **{"Accept-Language": language})(address, b"{no json")
    assert (answer.status_code, faults(answer)) == (422, [(None, "not_json")])
    assert words in answer.json()["errors"][0]["message"]


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_each_refusal_is_told_in_the_language_that_is_asked_for(
    language: str, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    headers, leader, coordinator = {"Accept-Language": language}, member(Role.LEADER), member(Role.COORDINATOR)
    ask, post = asking(leader, **headers), posting(coordinator, **headers)
    refusals = {
        400: ask("/plans", limit="\0"),
        401: Client(headers=headers).get("/api/v1/plans"),
        403: posting(leader, **headers)("/observations", {}),
        404: ask("/plans/none/clauses"),
        405: Client(headers=headers).put("/api/v1/plans"),
        413: post("/observations", {"mode": "x" * 100}),
        422: ask("/plans", limit="many"),
    }
    monkeypatch.setattr(api.throttle, "num_requests", 0)
    refusals[429] = ask("/plans")
    assert {status: answer.status_code for status, answer in refusals.items()} == {
        status: status for status in refusals
    }
    for status, answer in refusals.items():
        (fault,) = answer.json()["errors"]
        assert set(fault) == {"row", "column", "code", "message"}, status
        assert bool(re.search("[一-鿿]", fault["message"])) is (language != "en"), (status, fault["message"])
        assert answer.headers["Content-Language"] == language, status


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/observations", "/imports/1/confirm", "/imports/1/undo"])
def test_a_body_that_is_too_large_is_refused_alike_everywhere(address: str, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    answer = posting(member(Role.COORDINATOR))(address, {"reason": "x" * 100})
    assert (answer.status_code, faults(answer)) == (413, [(None, "too_large")])


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
