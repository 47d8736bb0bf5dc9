"""Several plans in one installation: each answers as if it were alone there, in whatever order they were loaded."""

import json
from collections import deque
from collections.abc import Collection, Iterator
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from plans.models import Plan
from qualityplan.tests.several_plans import CITY, COUNTY, FIVE_YEARS, OTHER_CITY, Loadable, four_plans
from targets.arithmetic.formulas import Signal
from targets.models import Attainment, Revision

pytestmark = pytest.mark.django_db

CODES = (CITY, COUNTY, FIVE_YEARS, OTHER_CITY)
ORDERS = [
    (CITY, COUNTY, FIVE_YEARS, OTHER_CITY),
    (COUNTY, OTHER_CITY, CITY, FIVE_YEARS),
    (FIVE_YEARS, CITY, OTHER_CITY, COUNTY),
    (OTHER_CITY, FIVE_YEARS, COUNTY, CITY),
]
"""Each plan is once the first and once the last, and of any two either is loaded before the other."""
MONTH = "2014-09"
Told = dict[str, Any]
Rows = dict[str, list[tuple[Any, ...]]]
NOTED = {"ApiToken", "AuditEvent", "Change", "HistoricalPlan", "Link"}
"""Models in which it is noted that somebody asks, and that a plan was removed."""


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Loadable]:
    return four_plans(tmp_path_factory.mktemp("plans"))


@pytest.fixture(scope="module")
def alone(plans: dict[str, Loadable], django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> dict[str, Told]:
    """What each plan answers where it is the only one."""
    found = {}
    for code, plan in plans.items():
        with django_db_blocker.unblock(), transaction.atomic():
            plan.load()
            assert list(Plan.objects.values_list("code", flat=True)) == [code]
            found[code] = told(plan)
            transaction.set_rollback(True)
    return found


@pytest.mark.parametrize(
    "order",
    [*ORDERS[:2], *(pytest.param(one, marks=pytest.mark.long) for one in ORDERS[2:])],
    ids=lambda order: f"{order[0]} first",
)
def test_beside_others_a_plan_answers_as_if_it_were_alone_and_the_others_do_when_one_is_removed(
    order: tuple[str, ...], plans: dict[str, Loadable], alone: dict[str, Told]
) -> None:
    for code in order:
        plans[code].load()
    assert {code: told(plans[code]) for code in order} == alone

    removed, others = order[0], order[1:]
    answered, stored = [answers(plans[code]) for code in others], rows(others)
    call_command("remove_plan", removed, "--yes", stdout=StringIO())
    assert not Plan.objects.filter(code=removed).exists()
    assert [answers(plans[code]) for code in others] == answered
    assert rows(others) == stored


def test_the_plans_that_are_compared_have_lights_of_all_colours_and_figures_in_common(alone: dict[str, Told]) -> None:
    """Otherwise equal answers would prove little."""
    for code, found in alone.items():
        colours = {light for _target, _place, _month, light, *_rest in found["lights"]}
        assert colours == {one.value for one in Signal}, code
    indicators = [{one["indicator"] for one in found[f"{code}/targets"]["items"]} for code, found in alone.items()]
    city, county, years, other = indicators
    assert city & county == {"dangerous-houses", "farm-products-safety"}
    assert city & years & other == {"manufacturing-quality"}


# --- What the API answers ---------------------------------------------------------------------------------------------


def answers(plan: Loadable) -> dict[str, bytes]:
    """All that the API tells of a plan, byte for byte: its words, and how it stood in a month, in every region."""
    key = StringIO()
    call_command("create_api_token", plan.coordinator.username, stdout=key, stderr=StringIO())
    client, found = Client(headers={"Authorization": f"Bearer {key.getvalue().strip()}"}), {}
    for address in addresses(plan.code):
        answer = client.get(f"/api/v1/plans/{address}")
        assert answer.status_code == 200, (address, answer.content)
        found[address] = answer.content
    return found


def addresses(code: str) -> Iterator[str]:
    yield from (f"{code}/clauses", f"{code}/targets")
    judged = Attainment.objects.filter(target__plan__code=code)
    regions = sorted(set(judged.values_list("region__code", flat=True)))
    yield f"{code}/tasks?month={MONTH}"
    yield from (f"{code}/attainment?month={MONTH}&region={region}" for region in regions)


def told(plan: Loadable) -> Told:
    """The answers, and every light of every month with the hash of what it was judged from.

    In the answers a revision is named by the figure that it is of. Its id is a number that the database gives in the
    order in which figures come; nothing else may depend on that order.
    """
    figures = figures_of_revisions()
    found = {address: json.loads(body) for address, body in answers(plan).items()}
    for answer in found.values():
        for item in answer["items"]:
            if "revisions" in item:
                item["revisions"] = sorted(figures[one] for one in item["revisions"])
    return found | {"lights": lights(plan.code)}


def figures_of_revisions() -> dict[int, tuple[str, ...]]:
    names = ("indicator__code", "region__code", "month")
    rows = Revision.objects.values_list("pk", *(f"observation__{name}" for name in names))
    return {pk: tuple(map(str, named)) for pk, *named in rows}


def lights(code: str) -> list[tuple[Any, ...]]:
    known = ("signal", "verdict", "reason", "actual", "compared", "target_version", "inputs_hash")
    rows = Attainment.objects.filter(target__plan__code=code)
    return sorted(rows.values_list("target__code", "region__code", "month", *known), key=lambda one: one[:3])


# --- What the database holds ------------------------------------------------------------------------------------------


def rows(codes: Collection[str]) -> Rows:
    """All rows of these plans, and of whatever belongs to no single plan: figures, units, regions, people."""
    pks, ways, found = Plan.objects.filter(code__in=codes).values_list("pk", flat=True), ways_to_plan(), {}
    for app in ("departments", "plans", "targets", "tasks", "imports"):
        for model in apps.get_app_config(app).get_models(include_auto_created=True):
            chosen = model._base_manager.order_by("pk")
            if model in ways:
                chosen = chosen.filter(**{f"{ways[model]}__in": list(pks)})
            found[model.__name__] = list(chosen.values_list())
    return {name: stored for name, stored in found.items() if name not in NOTED}


def ways_to_plan() -> dict[type[models.Model], str]:
    """Every model whose rows belong to a plan, histories and links among them, with the way from there to the plan."""
    found: dict[type[models.Model], str] = {Plan: "pk"}
    waiting: deque[type[models.Model]] = deque(found)
    while waiting:
        whole = waiting.popleft()
        for relation in whole._meta.get_fields(include_hidden=True):
            if isinstance(relation, models.ManyToOneRel) and relation.related_model not in found:
                name, model = relation.field.name, relation.related_model
                found[model] = name if whole is Plan else f"{name}__{found[whole]}"
                waiting.append(model)
    return found


def test_the_rows_of_a_plan_are_found_however_far_away_they_hang() -> None:
    found = {model.__name__: way for model, way in ways_to_plan().items()}
    assert (found["Clause"], found["Attainment"], found["StepAttachment"]) == (
        "plan",
        "target__plan",
        "step__notice__plan",
    )
