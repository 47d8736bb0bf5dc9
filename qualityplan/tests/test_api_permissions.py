"""Every operation of the API × every role × own and foreign objects, compared with the one table; and the
administration's addresses × every role. An operation that is not listed fails."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import URLPattern, URLResolver, resolve
from django.utils import timezone
from pytest_django.fixtures import Settings

from departments import access
from departments.models import Department, User
from departments.permissions import Action, Role, Scope, scope_of
from departments.tests.callers import asking, posting, sending
from imports.models import ImportBatch
from imports.tests.tables import csv_bytes
from plans.periods import Month
from qualityplan.api import api
from targets.models import Draft, Indicator, Observation, Revision, Source
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
_numbers = itertools.count(1)
Things = SimpleNamespace
Ask = Callable[[User, Things], bool]
"""Whether the person gets through to the things; AssertionError for an answer that is neither yes nor no."""


@dataclass(frozen=True)
class Case:
    """What an operation demands, how it is asked, and whether the things of others are others' at all."""

    action: Action
    ask: Ask
    shared: bool = False


def reads(address: str, **query: str) -> Ask:
    """The address is answered, or refused or denied."""

    def ask(user: User, things: Things) -> bool:
        known = {name: value.format(**vars(things)) for name, value in query.items()}
        status = asking(user)(address.format(**vars(things)), **known).status_code
        assert status in (200, 403, 404), status
        return status == 200

    return ask


def sees_figure(user: User, things: Things) -> bool:
    """The figure is in the list."""
    answer = asking(user)("/observations", limit=1000)
    assert answer.status_code in (200, 403)
    return any(
        (one["indicator"], one["region"]) == (things.indicator, things.region) for one in answer.json().get("items", ())
    )


def enters(mode: str) -> Ask:
    """The figure is kept, or nothing at all."""

    def ask(user: User, things: Things) -> bool:
        before = Revision.objects.count()
        Draft.objects.all().delete()
        figures = {"numerator": 93, "denominator": 100} if things.is_ratio else {"value": "3"}
        row = {"indicator": things.indicator, "region": things.region, "month": "2014-07", **figures}
        row["note"] = str(next(_numbers))
        status = posting(user)("/observations", {"observations": [row], "mode": mode}).status_code
        assert status in (201, 403), status
        assert Revision.objects.count() == before + (status == 201 and mode == "submit")
        return status == 201

    return ask


def hands_over(user: User, things: Things) -> bool:
    """A file is taken; whose figures are in it is told when it is checked, by the rules of the worksheet."""
    before = ImportBatch.objects.count()
    status = sending(user)(csv_bytes([[things.indicator, things.region, "2014-07", 3]])).status_code
    assert status in (202, 403), status
    assert ImportBatch.objects.count() == before + (status == 202)
    return status == 202


def own_file(user: User, things: Things) -> ImportBatch:
    """A file of the person's own, or what it would be if the person could hand one over."""
    source = Source.objects.create(kind=Source.Kind.IMPORT, by=user)
    official = access.reach(user, Action.IMPORT_OFFICIAL).governs
    return ImportBatch.objects.create(
        source=source, file_name="own.csv", state="ready", official=official, region=f.region()
    )


def others_file(user: User, things: Things) -> ImportBatch:
    """A file that somebody of another department has handed over, for a review."""
    author = f.person(Role.REPORTER, f.department())
    source = Source.objects.create(kind=Source.Kind.IMPORT, by=author)
    return ImportBatch.objects.create(
        source=source, file_name="other.csv", state="ready", official=False, region=f.region()
    )


def office_file(user: User, things: Things) -> ImportBatch:
    """A file that the plan office has handed over."""
    source = Source.objects.create(kind=Source.Kind.IMPORT, by=f.person(Role.COORDINATOR))
    return ImportBatch.objects.create(
        source=source, file_name="office.csv", state="ready", official=True, region=f.region()
    )


def asks_about(file: Callable[[User, Things], ImportBatch]) -> Ask:
    """Where the file stands is told."""
    return lambda user, things: answered(asking(user)(f"/imports/{file(user, things).pk}").status_code)


def decides(step: str, file: Callable[[User, Things], ImportBatch]) -> Ask:
    """The file takes the step; undoing, only one that is applied."""

    def ask(user: User, things: Things) -> bool:
        batch = file(user, things)
        if step == "undo":
            ImportBatch.objects.filter(pk=batch.pk).update(state="applied", applied_at=timezone.now())
        before = ImportBatch.objects.get(pk=batch.pk).state
        through = answered(posting(user)(f"/imports/{batch.pk}/{step}", {}).status_code)
        assert through is (ImportBatch.objects.get(pk=batch.pk).state != before)
        return through

    return ask


def answered(status: int) -> bool:
    assert status in (200, 202, 403, 404), status
    return status in (200, 202)


LISTS = ("/departments", "/regions", "/plans", "/plans/{plan}/clauses", "/indicators")
PUBLIC = (*LISTS, "/plans/{plan}/targets", "/plans/{plan}/tasks")
OPERATIONS: dict[str, tuple[Case, ...]] = {
    **{f"GET {path}": (Case(Action.VIEW_PLAN, reads(path), shared=True),) for path in PUBLIC},
    "GET /plans/{plan}/attainment": (
        Case(Action.VIEW_PLAN, reads("/plans/{plan}/attainment"), shared=True),
        Case(Action.VIEW_PLAN, reads("/plans/{plan}/attainment", region="{region}", month="2014-06")),
    ),
    "GET /plans/{plan}/targets/{code}/attainment": (
        Case(Action.VIEW_PLAN, reads("/plans/{plan}/targets/{target}/attainment"), shared=True),
        Case(Action.VIEW_PLAN, reads("/plans/{plan}/targets/{target}/attainment", region="{region}")),
    ),
    "GET /observations": (Case(Action.VIEW_OBSERVATIONS, sees_figure),),
    "POST /observations": (
        Case(Action.ENTER_OBSERVATIONS, enters("draft")),
        Case(Action.ENTER_OBSERVATIONS, enters("submit")),
    ),
    "POST /imports": (Case(Action.IMPORT_OBSERVATIONS, hands_over, shared=True),),
    "GET /imports/{pk}": (
        Case(Action.IMPORT_OBSERVATIONS, asks_about(own_file), shared=True),
        Case(Action.IMPORT_OFFICIAL, asks_about(others_file), shared=True),
        Case(Action.IMPORT_OFFICIAL, asks_about(office_file), shared=True),
    ),
    **{
        f"POST /imports/{{pk}}/{step}": (
            Case(Action.IMPORT_OBSERVATIONS, decides(step, own_file), shared=True),
            Case(Action.IMPORT_OFFICIAL, decides(step, office_file), shared=True),
        )
        for step in ("confirm", "cancel", "undo")
    },
}
"""Method and path → the questions that are asked of it."""


def operations() -> set[str]:
    paths = api.get_openapi_schema(path_prefix="/")["paths"]
    return {f"{method.upper()} {path}" for path, methods in paths.items() for method in methods}


def test_every_operation_is_listed() -> None:
    assert operations() == set(OPERATIONS)


@pytest.fixture
def city(settings: Settings, tmp_path: Path) -> SimpleNamespace:
    """One person a role; what is theirs, and what is another bureau's or county's."""
    settings.MEDIA_ROOT = tmp_path
    office, other = f.department(), f.department()
    units = [county("100101"), county("100102")]
    people = {role: f.person(role, units[0] if role is Role.COUNTY else office) for role in Role}
    pooled = f.indicator(region_rule="pooled")
    promise = f.target(pooled, "at_least", 92, coverage="parts")
    f.official(*(f.entry(pooled, "2014-06", 90, 100, place=unit.region) for unit in units))
    bureaus = [f.indicator("count", department=unit) for unit in (office, other)]
    f.official(*(f.entry(one, "2014-06", 5) for one in bureaus))
    return SimpleNamespace(
        people=people,
        counties=[things(pooled, unit.region.code, promise.code) for unit in units],
        bureaus=[things(one, "100100", promise.code) for one in bureaus],
    )


def county(code: str) -> Department:
    place = f.region(code, f.region())
    return Department.objects.create(
        code=code, name=f"{code}政府", short_name=code, kind="county_government", region=place
    )


def things(indicator: Indicator, region: str, target: str) -> Things:
    return SimpleNamespace(
        plan="plan-2014", indicator=indicator.code, region=region, target=target, is_ratio=indicator.is_ratio
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_role_gets_through_as_far_as_the_table_says(operation: str, city: SimpleNamespace) -> None:
    for case in OPERATIONS[operation]:
        for role, user in city.people.items():
            own, foreign = city.counties if role is Role.COUNTY else city.bureaus
            scope = scope_of(case.action, role)
            everything = scope in (Scope.REALM, Scope.SEAT) or sees_every_light(case, role)
            assert case.ask(user, own) is (scope is not None), (role, "own")
            assert case.ask(user, foreign) is (scope is not None and (case.shared or everything)), (role, "foreign")


def sees_every_light(case: Case, role: Role) -> bool:
    """Whoever sees the plan sees every light of the city; a county sees its own of the counties'."""
    return case.action is Action.VIEW_PLAN and role is not Role.COUNTY


@pytest.mark.parametrize("operation", OPERATIONS)
def test_nobody_without_a_role_gets_through(operation: str, city: SimpleNamespace) -> None:
    nobody = User.objects.create_user("nobody", is_staff=True, is_superuser=True)
    for case in OPERATIONS[operation]:
        assert case.ask(nobody, city.bureaus[0]) is False


@pytest.mark.parametrize("step", ["confirm", "cancel", "undo"])
def test_nobody_decides_about_what_others_hand_in_for_a_review(step: str, city: SimpleNamespace) -> None:
    for user in city.people.values():
        assert decides(step, others_file)(user, city.bureaus[0]) is False


def test_no_operation_makes_anything_official(city: SimpleNamespace) -> None:
    """Approving, withdrawing and closing months have no operation that could be asked by mistake. Importing has: in two
    steps, by the plan office alone."""
    assert {one for one in operations() if not one.startswith("GET ")} == {
        one for one in OPERATIONS if not one.startswith("GET ")
    }
    assert not [one for one in operations() if re.search("approv|review|withdraw|lock|official", one)]
    official = Observation.objects.filter(official__isnull=False).count()
    for role, user in city.people.items():
        for own in (*city.counties, *city.bureaus):
            enters("submit")(user, own)
        assert not Revision.objects.filter(observation__month=Month(2014, 7), official_at__isnull=False).exists(), role
        assert Revision.objects.filter(observation__month=Month(2014, 7), state="submitted").exists(), role
    assert Observation.objects.filter(official__isnull=False).count() == official


# --- The administration -----------------------------------------------------------------------------------------------

OPEN_TO_LEAVE = {"/admin/logout/"}
"""Leaving is nobody's secret: it leads back to the front."""


def addresses(patterns: list[Any], within: str = "/admin/") -> Iterator[str]:
    for one in patterns:
        place = within + filled(str(one.pattern))
        if isinstance(one, URLResolver):
            yield from addresses(one.url_patterns, place)
        elif isinstance(one, URLPattern):
            yield place


def filled(pattern: str) -> str:
    """The pattern with something that fits for each of its parts."""
    text = re.sub(r"\(\?P<app_label>[^)]*\)", "targets", pattern)
    text = re.sub(r"\(\?P<url>\.\*\)", "nothing", text)
    return re.sub(r"<[^>]+>|\(\[\^/\]\+\)", "1", text).removeprefix("^").removesuffix("$")


def test_the_addresses_of_the_administration_are_found() -> None:
    found = list(addresses(admin.site.get_urls()))
    assert len(found) > 50
    assert all(resolve(address).namespace == "admin" for address in found)


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
def test_nobody_but_an_administrator_enters_any_address_of_the_administration(role: Role) -> None:
    user = f.person(role)
    User.objects.filter(pk=user.pk).update(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user)
    for address in addresses(admin.site.get_urls()):
        for answer in (client.get(address), client.post(address, {"post": "yes"})):
            if answer.status_code == 302:
                front = "/admin/" if address in OPEN_TO_LEAVE else "/admin/login/"
                assert answer.headers["Location"].startswith(front), address
            else:
                assert answer.status_code in (403, 404), (address, answer.status_code)


def test_an_administrator_enters_every_list() -> None:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    for model in admin.site._registry:
        assert client.get(f"/admin/{model._meta.app_label}/{model._meta.model_name}/").status_code == 200
