"""The plans that are made up, beside the real one: what they show, and by whom they are run."""

import io
from collections.abc import Iterator
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db import models, transaction
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from departments.models import Membership
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from qualityplan.demonstration.shapes import made_up_plans, read_scenario
from targets.arithmetic.formulas import Signal
from targets.judging.recompute import recompute_all
from targets.models import Attainment, Quota, Revision, Source, Target
from tasks.models import Milestone, Task

pytestmark = pytest.mark.django_db

PLAN_2014 = ("10_departments", "15_calendar", "20_plan_2014", "30_targets_2014", "40_tasks_2014")
CITY, COUNTY, FIVE_YEARS = "wenzhou-2014-quality", "ruian-2014-quality", "wenzhou-2011-2015-quality"
SEPTEMBER = Month(2014, 9)


def run() -> str:
    out = io.StringIO()
    call_command("demo", *made_up_plans(), stdout=out)
    return out.getvalue()


@pytest.fixture(scope="module")
def demonstrated(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Made once for all tests of this file, in a transaction around theirs: it takes some seconds."""
    settings = override_settings(VAR_DIR=tmp_path_factory.mktemp("var"), DEMO_PASSWORD="example-password")
    with settings, django_db_blocker.unblock(), transaction.atomic():
        call_command("load_fixtures", *PLAN_2014, verbosity=0)
        run()
        recompute_all()
        yield
        transaction.set_rollback(True)


def rows(plan: str, month: Month = SEPTEMBER, region: str = "") -> dict[str, Attainment]:
    """The plan's targets in its own region, or in a part of it, as of a month."""
    judged = Attainment.objects.filter(target__plan__code=plan, month=month).select_related("target__indicator")
    place = models.Q(region__code=region) if region else models.Q(region=models.F("target__plan__region"))
    return {row.target.code: row for row in judged.filter(place)}


def lights(plan: str, month: Month = SEPTEMBER, region: str = "") -> dict[str, str]:
    return {code: row.signal for code, row in rows(plan, month, region).items()}


@pytest.mark.parametrize("code", [COUNTY, FIVE_YEARS])
def test_a_made_up_plan_says_so(demonstrated: None, code: str) -> None:
    plan = Plan.objects.get(code=code)
    assert (plan.demonstration, plan.title[:4]) == (True, "（演示）")
    assert "内容均属虚构" in plan.clauses.get(path="引言").text
    assert not Plan.objects.get(code=CITY).demonstration


def test_every_figure_is_marked_as_made_up(demonstrated: None) -> None:
    assert not Source.objects.filter(demonstration=False).exists()


@pytest.mark.parametrize("code", [COUNTY, FIVE_YEARS])
def test_its_lights_differ(demonstrated: None, code: str) -> None:
    assert {Signal.GREEN.value, Signal.YELLOW.value, Signal.RED.value} <= set(lights(code).values())


def test_the_county_is_behind_with_brands_since_its_step_was_reached(demonstrated: None) -> None:
    assert (lights(COUNTY, Month(2014, 6))["brands"], lights(COUNTY)["brands"]) == ("green", "red")


def test_a_figure_that_two_plans_ask_for_is_entered_once_and_judged_in_both(demonstrated: None) -> None:
    shared = Revision.objects.filter(
        observation__indicator__code="dangerous-houses", observation__region__code="330381"
    )
    assert shared.count() == SEPTEMBER.number
    assert set(rows(COUNTY)["dangerous-houses"].revisions) == set(shared.values_list("pk", flat=True))
    assert set(rows(COUNTY)["dangerous-houses"].revisions) < set(rows(CITY)["dangerous-houses"].revisions)


def test_a_part_is_judged_by_its_own_number(demonstrated: None) -> None:
    assert sum(quota.threshold or 0 for quota in Quota.objects.filter(from_month=Month(2011, 1))) == 5500
    slow, quick = (rows(FIVE_YEARS, region=code)["managed-small-firms"] for code in ("330324", "330382"))
    assert (slow.compared, slow.signal, quick.compared, quick.signal) == (480, "red", 900, "green")


def test_a_part_whose_number_was_raised_is_judged_by_it_from_then_on(demonstrated: None) -> None:
    compared = [
        rows(FIVE_YEARS, month, "330381")["managed-small-firms"].compared for month in (Month(2013, 12), Month(2014, 1))
    ]
    assert compared == [850, 900]


def test_a_count_over_five_years_is_held_against_its_steps(demonstrated: None) -> None:
    whole = rows(FIVE_YEARS)["managed-small-firms"]
    assert (str(whole.counted_from), whole.compared, whole.pace) == ("2011-01", 5500, 3000 + 2500 * 9 / 24)


def test_what_was_due_in_an_earlier_year_stays_as_it_was_then(demonstrated: None) -> None:
    due, now = (rows(FIVE_YEARS, month)["chief-quality-officers"] for month in (Month(2013, 12), SEPTEMBER))
    assert (due.signal, due.actual, now.signal, now.actual) == ("green", 512, "green", 512)


def test_the_average_of_the_province_is_what_the_city_is_held_against(demonstrated: None) -> None:
    june, now = (rows(FIVE_YEARS, month)["manufacturing-quality"] for month in (Month(2014, 6), SEPTEMBER))
    assert (june.verdict, now.verdict) == ("met", "not_met")


def test_15_per_cent_below_2010(demonstrated: None) -> None:
    assert rows(FIVE_YEARS)["industrial-water-use"].compared == Decimal("35.7")


def test_about_six_per_cent(demonstrated: None) -> None:
    months = (Month(2012, 12), Month(2014, 6), SEPTEMBER)
    assert [rows(FIVE_YEARS, month)["quality-fund-growth"].verdict for month in months] == ["not_met", "not_met", "met"]


def test_three_per_cent_fewer_complaints_than_last_year(demonstrated: None) -> None:
    assert [rows(FIVE_YEARS, Month(year, 12))["quality-complaints"].verdict for year in (2011, 2013)] == ["met", "met"]
    assert rows(FIVE_YEARS)["quality-complaints"].verdict == "not_met"


def test_among_the_first_three_of_the_province(demonstrated: None) -> None:
    places = [rows(FIVE_YEARS, month)["provincial-quality-place"] for month in (Month(2013, 6), SEPTEMBER)]
    assert [(row.actual, row.verdict) for row in places] == [(4, "not_met"), (3, "met")]


@pytest.mark.parametrize(
    ("username", "role", "department"),
    [
        ("ruian-admin", Role.ADMINISTRATOR, "ruian-government-office"),
        ("ruian-leader", Role.LEADER, "ruian-government-office"),
        ("ruian-coordinator", Role.COORDINATOR, "ruian-quality"),
        ("ruian-quality-reporter", Role.REPORTER, "ruian-quality"),
        ("ruian-quality-reviewer", Role.REVIEWER, "ruian-quality"),
        ("coordinator", Role.COORDINATOR, "quality"),
    ],
)
def test_the_county_has_an_office_of_its_own(demonstrated: None, username: str, role: Role, department: str) -> None:
    held = Membership.objects.get(user__username=username)
    assert (held.role, held.department.code) == (role.value, department)


@pytest.mark.parametrize("code", [COUNTY, FIVE_YEARS])
def test_every_milestone_that_is_done_exists(demonstrated: None, code: str) -> None:
    told = read_scenario(code)
    assert told is not None
    done = Milestone.objects.filter(task__plan__code=code, done_on__isnull=False)
    assert {(step.task.code, step.code): step.done_on for step in done.select_related("task")} == told.done


def test_a_second_run_changes_nothing(demonstrated: None) -> None:
    kept = (Plan, Target, Quota, Task, Revision, Source)
    before = [model._default_manager.count() for model in kept]
    assert "example-password" in run()
    assert [model._default_manager.count() for model in kept] == before
