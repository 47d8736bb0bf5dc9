"""Whatever is put into an address, a parameter or a form: it is answered, and the service does not fail."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.db import transaction
from django.test import Client
from pytest_django.fixtures import Settings

from departments.permissions import Role
from departments.tests.callers import asking, faults
from pages.tests.house import APPS
from plans.models import Plan
from qualityplan.api import api
from qualityplan.health import PROBES
from qualityplan.tests.test_answers import inside, office
from qualityplan.tests.walking import Address, every_address
from targets.tests import factories as f
from tasks.models import Task

pytestmark = pytest.mark.django_db

HOSTILE = {
    "a number beyond every database": "1" + "0" * 30,
    "half of a sign": "%ED%A0%80",
    "a month that is none": "-1",
    "a very long text": "9" * 5000,
}
NUL = "a%00b"
WRITTEN = re.compile(r"""(?:GET|POST)(?:\.get|\.getlist)?[(\[]\s*"(\w+)\"""")
OFFERED = re.compile(r"""name="(\w+)\"""")
OF_LISTS = (
    "q",
    "p",
    "o",
    "all",
    "e",
    "_popup",
    "_to_field",
    "id__exact",
    "id__in",
    "plan__in",
    "plan__id__exact",
    "pk__isnull",
)
"""Parameters of the lists of the administration."""


@pytest.fixture
def house(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A plan with something of most kinds, and somebody who may do most things there, as often as wanted."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(api.throttle, "num_requests", 1_000_000)
    user = office()
    made = f.target(f.indicator(), threshold=92)
    f.official(f.entry(made.indicator, "2014-06", 95, 100))
    Task.objects.create(
        plan=made.plan, clause=made.clause, code="1", title="任务", quote=made.clause.text, due="2014-12-31"
    )
    return inside(user)


def names() -> list[str]:
    """Every parameter and field that the programs and templates name, and those of the API."""
    folders = [settings.BASE_DIR / app for app in APPS]
    found = {name for folder in folders for file in folder.rglob("*.py") for name in WRITTEN.findall(file.read_text())}
    for file in (settings.BASE_DIR / "templates").rglob("*.html"):
        found.update(OFFERED.findall(file.read_text()))
    for methods in api.get_openapi_schema(path_prefix="/")["paths"].values():
        for one in methods.values():
            found.update(parameter["name"] for parameter in one.get("parameters", ()))
    return sorted(found - {"viewport", "renderer"})


def undone(ask: Callable[[], Any]) -> Any:
    """The answer, as if nothing had been asked."""
    with transaction.atomic():
        answer = ask()
        if getattr(answer, "streaming", False):
            list(answer.streaming_content)
        transaction.set_rollback(True)
    return answer


def with_each_part(addresses: list[Address], value: str) -> Iterator[str]:
    """Each address with the value in one of its parts, everything else fits."""
    for address in addresses:
        for part in dict.fromkeys(address.parts):
            yield address.filled(**{part: value})


def query(value: str) -> str:
    return "&".join(f"{name}={value}" for name in names())


def wrong(client: Client, requests: Iterator[tuple[str, str, Any]]) -> list[tuple[str, str, int]]:
    """The requests at which the service fails."""
    failed = []
    for method, address, body in requests:
        answer = undone(lambda: getattr(client, method)(address, *body))  # noqa: B023 - called at once
        if answer.status_code >= 500 and not address.startswith("/readyz"):
            failed.append((method, address[:120], answer.status_code))
    return failed


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_a_part_of_an_address_makes_the_service_fail(name: str, house: Client) -> None:
    addresses = [one for one in every_address() if not one.pattern.startswith("/admin/")]
    assert wrong(house, (("get", one, ()) for one in with_each_part(addresses, HOSTILE[name]))) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_in_a_parameter_makes_the_service_fail(name: str, house: Client) -> None:
    sent = query(HOSTILE[name][:100])
    read = [one for one in every_address() if not re.search("history|delete|autocomplete", one.pattern)]
    assert wrong(house, (("get", f"{one.filled()}?{sent}", ()) for one in read)) == []


@pytest.mark.parametrize("name", HOSTILE)
def test_no_parameter_of_a_list_of_the_administration_makes_it_fail(name: str, house: Client) -> None:
    lists = ["/admin/targets/target/", "/admin/tasks/task/", "/admin/departments/auditevent/"]
    assert wrong(house, (("get", f"{one}?{part}={HOSTILE[name]}", ()) for one in lists for part in OF_LISTS)) == []


def test_a_nul_is_refused_wherever_it_stands(house: Client) -> None:
    """A probe alone looks at nothing of a request but its path."""
    asked = [address for address in every_address() if address.pattern not in PROBES]
    for address in asked[::3]:
        assert house.get(f"{address.filled()}?x={NUL}").status_code == 400, address
        assert house.get(f"{address.filled()}{NUL}").status_code == 400, address


@pytest.mark.parametrize("value", [HOSTILE["a number beyond every database"], "-1", "", "\udc80", "=1+1"])
def test_nothing_in_a_form_makes_the_service_fail(value: str, house: Client) -> None:
    body = {name: value.encode("utf-8", "surrogateescape") for name in names() if name != "file"}
    taken = (one for one in every_address() if not one.pattern.startswith("/admin/"))
    assert wrong(house, (("post", one.filled(), (body,)) for one in taken)) == []


@pytest.mark.parametrize(
    "address", ["/plans/plan-2014/?month=%00", "/plans/%00/", "/admin/targets/target/?q=%00", "/desk/?%00=1"]
)
def test_a_nul_is_refused_with_a_sentence(address: str, house: Client) -> None:
    answer = house.get(address)
    assert answer.status_code == 400
    assert "无法保存的字符（NUL）" in answer.content.decode()
    house.cookies["django_language"] = "en"
    assert "a sign that cannot be stored (NUL)" in house.get(address).content.decode()


def test_a_nul_in_a_form_is_refused_and_nothing_is_stored(house: Client) -> None:
    answer = house.post("/screens/", {"name": "会\0议室"})
    assert answer.status_code == 400
    assert "未作任何更改" in answer.content.decode()
    assert house.post("/screens/", {"name": "会议室"}).status_code == 200


def test_a_nul_in_a_cookie_is_refused() -> None:
    client = Client()
    client.cookies.load('sessionid="abcdefgh\\000"')
    assert client.get("/accounts/login/").status_code == 400


def test_a_nul_in_a_parameter_of_the_api_is_refused_in_json(house: Client) -> None:
    assert faults(asking(f.person(Role.REPORTER, f.department()))("/observations?indicator=%00")) == [
        (None, "bad_request")
    ]


@pytest.mark.parametrize("plan", ["1" + "0" * 30, "-1", "9" * 400, str(2**63)])
def test_a_plan_of_a_number_that_is_too_large_is_not_found(plan: str, house: Client) -> None:
    assert house.get(f"/plans/{plan}/").status_code == 404
    assert house.get(f"/plan/{plan}/").status_code in (302, 404)
    assert house.get(f"/api/v1/plans/{plan}/targets").status_code in (404, 422)


def test_an_empty_form_of_the_administration_says_what_is_missing(house: Client) -> None:
    for model, page in admin.site._registry.items():
        address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/add/"
        answer = undone(lambda: house.post(address, {}))  # noqa: B023 - called at once
        if answer.status_code != 403:
            assert answer.status_code == 200, (address, page)
            assert answer.context["adminform"].form.errors or answer.context["errors"], address


@pytest.mark.parametrize("model", ["targets/target", "tasks/task"])
def test_a_promise_without_a_clause_is_told_that_it_needs_one(model: str, house: Client) -> None:
    plan = Plan.objects.get()
    errors = house.post(f"/admin/{model}/add/", {"plan": plan.pk, "quote": "x"}).context["adminform"].form.errors
    assert "clause" in errors
