"""The version of what is shown of a plan: the database itself notes every change."""

from collections.abc import Callable

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.models import QuerySet

from departments.models import Department, Region, User
from plans.changes import list_watched_tables
from plans.models import Change, Plan
from plans.periods import Month
from plans.tests.factories import plan_of_year
from targets.models import Attainment, Observation, ReportingDuty, Target
from targets.tests.factories import entry, indicator, official, plan, region, target
from tasks.models import Task

pytestmark = pytest.mark.django_db

NOT_SHOWN = {
    "departments": {
        "apitoken",
        "auditevent",
        "counter",
        "failures",
        "formerpassword",
        "idempotentanswer",
        "lastreminder",
        "link",
        "membership",
        "notice",
        "proposedrole",
        "reform",
        "screen",
    },
    "plans": {"calendarday", "change"},
    "targets": {
        "appliedformulas",
        "attachment",
        "dataquestion",
        "decision",
        "dirtykey",
        "draft",
        "monthlock",
        "revision",
        "revisionauthor",
        "source",
    },
    "tasks": {
        "calendarfeed",
        "milestonereport",
        "reportattachment",
        "reportauthor",
        "stepattachment",
        "reportdecision",
        "reportdraft",
        "signoff",
        "supervisionrules",
        "supervisionstep",
    },
}
"""What kept pages do not show, or only together with something that changes in the same transaction (a revision becomes
official with its observation). Histories are not shown either."""


def version(shown: Plan) -> int:
    """As `plans.page_cache.plan_context` adds it up."""
    return sum(_changes(shown).values_list("number", flat=True))


def outline(shown: Plan) -> int:
    """As `plans.page_cache.plan_context` adds it up."""
    return sum(_changes(shown).filter(about_id=None).values_list("number", flat=True))


def _changes(shown: Plan) -> QuerySet[Change]:
    return Change.objects.filter(plan_id=shown.pk) | Change.objects.filter(plan_id=None)


def test_every_table_is_watched_or_known_not_to_be_shown() -> None:
    ours = [
        one for app in ("departments", "plans", "targets", "tasks") for one in apps.get_app_config(app).get_models()
    ]
    silent = {
        f"{one._meta.app_label}.{one._meta.model_name}"
        for one in ours
        if one._meta.db_table not in list_watched_tables() and not one.__name__.startswith("Historical")
    }
    assert silent == {f"{app}.{name}" for app, names in NOT_SHOWN.items() for name in names}


@pytest.fixture
def judged() -> Target:
    """A target of 2014 with a figure and its attainments."""
    rate = indicator()
    promise = target(rate, threshold=92)
    official(entry(rate, "2014-06", 95, 100))
    return promise


CHANGES: dict[str, Callable[[], object]] = {
    "a region": lambda: Region.objects.update(name="别名"),
    "a department": lambda: Department.objects.update(short_name="别名局"),
    "a person's name": lambda: User.objects.update(display_name="王五"),
    "the plan": lambda: Plan.objects.filter(code="plan-2014").update(title="新标题"),
    "a clause": lambda: Plan.objects.get(code="plan-2014").clauses.update(heading="新标题"),
    "a duty": lambda: ReportingDuty.objects.create(indicator=Target.objects.get().indicator),
    "a target": lambda: Target.objects.update(name="新名"),
    "a figure": lambda: Observation.objects.update(official=None, numerator=None, denominator=None),
    "a light": lambda: Attainment.objects.filter(month=Month(2014, 6)).update(signal="grey"),
    "lights that go": lambda: Attainment.objects.all().delete(),
    "a task": lambda: Task.objects.create(
        plan=(made := Plan.objects.get(code="plan-2014")),
        code="t",
        title="任务",
        quote="目标",
        clause=made.clauses.get(),
        due="2014-12-31",
    ),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_makes_a_new_version(judged: Target, what: str) -> None:
    before = version(judged.plan)
    CHANGES[what]()
    assert version(judged.plan) > before


FIGURES = ("a figure", "a light", "lights that go")


@pytest.mark.parametrize("what", CHANGES)
def test_figures_and_lights_are_told_apart_from_the_rest(judged: Target, what: str) -> None:
    about = [judged.indicator_id]
    before = outline(judged.plan), Change.objects.numbers(judged.plan_id, about)
    CHANGES[what]()
    after = outline(judged.plan), Change.objects.numbers(judged.plan_id, about)
    assert (after[0] == before[0], after[1] == before[1]) == ((True, False) if what in FIGURES else (False, True))


def test_a_figure_changes_nothing_about_other_indicators(judged: Target) -> None:
    other = indicator("count")
    target(other, threshold=10)
    before = Change.objects.numbers(judged.plan_id, [judged.indicator_id])
    official(entry(other, "2014-06", 5))
    assert Change.objects.numbers(judged.plan_id, [judged.indicator_id]) == before
    assert Change.objects.numbers(judged.plan_id, [other.pk])


def test_what_moves_to_another_plan_is_noted_for_both(judged: Target) -> None:
    CHANGES["a task"]()
    other = plan(2015)
    before = version(judged.plan), version(other)
    Task.objects.update(plan=other)
    after = version(judged.plan), version(other)
    assert after[0] > before[0]
    assert after[1] > before[1]


def test_figures_of_one_statement_are_noted_for_their_own_indicators(judged: Target) -> None:
    other, untouched = target(indicator(), threshold=92), target(indicator(), threshold=92)
    for one in (other, untouched):
        official(entry(one.indicator, "2014-06", 95, 100))
    codes = [one.indicator_id for one in (judged, other, untouched)]
    before = Change.objects.numbers(judged.plan_id, codes)
    Observation.objects.exclude(indicator=untouched.indicator).update(official=None, numerator=None, denominator=None)
    after = Change.objects.numbers(judged.plan_id, codes)
    assert [after[one] > before[one] for one in codes] == [True, True, False]


def test_what_changes_nothing_makes_none(judged: Target) -> None:
    before = version(judged.plan)
    User.objects.update(last_login="2014-06-01T00:00:00Z", display_name="")
    Attainment.objects.filter(month=Month(2099, 1)).update(signal="red")
    User.objects.create_user("new")
    assert version(judged.plan) == before


def test_other_plans_keep_their_version(judged: Target) -> None:
    earlier, later, unconcerned = plan(2012), plan(2015), plan_of_year(2014, code="other", region=region())
    target(judged.indicator, threshold=92, plan=later)
    old, next_year, other = version(earlier), version(later), version(unconcerned)
    official(entry(judged.indicator, "2014-07", 90, 100))
    assert version(earlier) == old
    assert version(later) > next_year, "this year's figures are last year's of the next plan"
    assert version(unconcerned) == other, "no target of this plan is judged by them"


def test_what_is_promised_changes_the_plans_of_its_region_and_no_others(judged: Target) -> None:
    beside, elsewhere = plan(2015), plan_of_year(2014, code="elsewhere", region=region("200100"))
    known, far = version(beside), version(elsewhere)
    Target.objects.update(name="新名")
    assert version(beside) > known, "what one plan promises is not only watched by those beside it"
    assert version(elsewhere) == far


@pytest.mark.postgres_only
@pytest.mark.parametrize("table", ["targets_attainment", "targets_step"])
def test_what_is_emptied_at_once_changes_every_plan(judged: Target, table: str) -> None:
    other = plan(2015)
    before = outline(judged.plan), outline(other)
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {table} CASCADE")
    after = outline(judged.plan), outline(other)
    assert after[0] > before[0]
    assert after[1] > before[1]


def test_what_is_rolled_back_makes_none(judged: Target) -> None:
    before = version(judged.plan)
    with transaction.atomic():
        Target.objects.update(name="x")
        transaction.set_rollback(True)
    assert version(judged.plan) == before


def test_adding_up_keeps_the_versions(judged: Target) -> None:
    region("100100")
    other = plan(2015)
    before = version(judged.plan), version(other)
    numbers = Change.objects.numbers(judged.plan_id, [judged.indicator_id])
    Change.objects.fold()
    assert (version(judged.plan), version(other)) == before
    assert Change.objects.numbers(judged.plan_id, [judged.indicator_id]) == numbers
    assert Change.objects.count() <= 5, "of every plan; of each plan; of one indicator in each plan"
    assert Change.objects.fold() == 0
