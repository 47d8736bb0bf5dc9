"""Tasks of several plans: one summary on the desk, one line of reminders, matters kept apart by plan."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Region, User
from departments.notices import digest, matters
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from targets.expected.plan_situation import Situation
from targets.services.locking import close_plan_month
from targets.tests import factories as f
from tasks.models import ProgressReport, SupervisionRules, Task
from tasks.reading.findings import findings
from tasks.reporting.desk import summary, task_desks_of
from tasks.reporting.reminders import due_milestone_lots_on
from tasks.services.deciding import approve_report
from tasks.services.places import ReportPlace
from tasks.supervision.inactivity import silent_units, silent_units_over_plans
from tasks.tests import pressed
from tasks.tests.cast import JUNE, a_task, handed_in, milestone, said

pytestmark = pytest.mark.django_db
TODAY = date(2014, 7, 4)


@pytest.fixture
def city() -> SimpleNamespace:
    """A unit that leads a task of each of two plans, and its people."""
    unit = f.department()
    quality, air = f.another_plan("quality"), f.another_plan("air")
    return SimpleNamespace(
        unit=unit,
        quality=quality,
        air=air,
        tasks=[a_task(plan.code, plan, lead=unit) for plan in (quality, air)],
        reporter=f.person(Role.REPORTER, unit),
        reviewer=f.person(Role.REVIEWER, unit),
    )


def page(user: User, address: str) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def reported(city: SimpleNamespace, task: Task, *months: Month) -> None:
    for month in months:
        handed_in(ReportPlace(task, city.unit, month), city.reporter)


def test_the_desk_counts_the_reports_of_all_plans_that_run(city: SimpleNamespace) -> None:
    found = summary(city.reporter, TODAY)
    assert found is not None
    assert (found.months, found.open, found.reports) == ([JUNE], 2, True)
    reported(city, city.tasks[0], JUNE)
    found = summary(city.reporter, TODAY)
    assert found is not None
    assert found.open == 1
    assert summary(f.person(Role.LEADER), TODAY) is None


def test_a_summary_of_twelve_plans_takes_as_many_queries_as_of_two(city: SimpleNamespace) -> None:
    def queries() -> int:
        reporter = User.objects.get(pk=city.reporter.pk)
        with CaptureQueriesContext(connection) as captured:
            summary(reporter, TODAY)
        return len(captured)

    few = queries()
    for number in range(10):
        a_task(f"t-{number}", f.another_plan(f"plan-{number}"), lead=city.unit)
    assert queries() == few


def test_my_tasks_of_twelve_plans_take_as_many_queries_as_of_two(
    city: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.views.looking.timezone.localdate", lambda *_when: TODAY)
    milestone(city.tasks[0], "m")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            told = page(city.reporter, "/tasks/mine/")
        assert all(f"/tasks/{task.code}/" in told for task in Task.objects.all())
        return len(captured)

    page(city.reporter, "/tasks/mine/")
    few = queries()
    for number in range(10):
        milestone(a_task(f"t-{number}", f.another_plan(f"plan-{number}"), lead=city.unit), "m")
    page(city.reporter, "/tasks/mine/")  # what follows from the plans' promises is read anew once
    assert queries() == few


def test_each_plans_tasks_are_mine_as_of_its_own_day(city: SimpleNamespace) -> None:
    last = f.another_plan("last", 2013)
    step = milestone(a_task("earlier", last, lead=city.unit), "half")
    handed_in(ReportPlace(step.task, city.unit, Month(2013, 11)), city.reporter, said(**{f"m{step.pk}": "40"}))
    approve_report(ProgressReport.objects.get(), by=city.reviewer)
    both = [city.quality, last]
    this_year, last_year = task_desks_of(city.reporter, both, Situation.of(both, TODAY))
    assert (this_year.day, this_year.month) == (TODAY, JUNE)
    (duty,) = last_year.units[0].duties
    assert (duty.row.day, duty.row.percent) == (date(2013, 11, 30), 40)


def test_milestones_of_twelve_plans_take_as_many_queries_as_of_two(city: SimpleNamespace) -> None:
    day = date(2014, 6, 29)
    for task in city.tasks:
        milestone(task, "m", due=date(2014, 6, 30))

    def queries(number: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(due_milestone_lots_on(day)) == number
        return len(captured)

    few = queries(2)
    for number in range(10):
        milestone(a_task(f"t-{number}", f.another_plan(f"plan-{number}"), lead=city.unit), "m", due=date(2014, 6, 30))
    assert queries(12) == few


def test_all_matters_of_twelve_plans_take_as_many_queries_as_of_two(city: SimpleNamespace) -> None:
    figures_asked_of(city.unit, city.quality, city.air)

    def queries() -> int:
        people = digest.active_people()
        with CaptureQueriesContext(connection) as captured:
            assert matters.matters_of_people(people, TODAY)[city.reporter.pk]
        return len(captured)

    few = queries()
    for number in range(10):
        plan = f.another_plan(f"plan-{number}")
        milestone(a_task(f"t-{number}", plan, lead=city.unit), "m", due=date(2014, 6, 30))
        figures_asked_of(city.unit, plan)
    assert queries() <= few


def test_my_tasks_are_told_plan_by_plan_or_of_one_alone(city: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.views.looking.timezone.localdate", lambda *_when: TODAY)
    together = page(city.reporter, "/tasks/mine/")
    assert [f"/plans/{plan}/tasks/{plan}/" in together for plan in ("quality", "air")] == [True, True]
    alone = page(city.reporter, "/tasks/mine/?plan=air")
    assert [f"/plans/{plan}/tasks/{plan}/" in alone for plan in ("quality", "air")] == [False, True]
    assert "/plans/quality/tasks/quality/" in page(city.reporter, "/tasks/mine/?plan=nothing")


def test_last_years_tasks_are_reached_beside_this_years(city: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    a_task("earlier", f.another_plan("last", 2013), lead=city.unit)
    monkeypatch.setattr("tasks.views.looking.timezone.localdate", lambda *_when: TODAY)
    assert "/plans/last/tasks/earlier/" not in page(city.reporter, "/tasks/mine/")
    assert 'href="?plan=last"' in page(city.reporter, "/tasks/mine/")
    assert "/plans/last/tasks/earlier/" in page(city.reporter, "/tasks/mine/?plan=last")


def asked(person: User, day: date) -> list[tuple[str, int]]:
    found = matters.matters_of_people(digest.active_people(), day)[person.pk]
    return [
        (str(one.part.details["month"]), int(str(one.part.details["number"])))
        for one in found
        if one.part.kind == "reports_due"
    ]


def test_reports_of_two_plans_are_one_line(city: SimpleNamespace) -> None:
    for task in city.tasks:
        reported(city, task, Month(2014, 5))
    assert asked(city.reporter, TODAY) == [("2014-06", 2)]
    reported(city, city.tasks[0], JUNE)
    assert asked(city.reporter, TODAY) == [("2014-06", 1)]


def test_reports_of_a_month_that_one_plan_has_closed_are_not_asked_for(city: SimpleNamespace) -> None:
    for task in city.tasks:
        reported(city, task, Month(2014, 5))
    close_plan_month(city.air, JUNE, by=f.coordinator())
    assert asked(city.reporter, TODAY) == [("2014-06", 1)]


def figures_asked_of(unit: Department, *plans: Plan) -> None:
    for plan in plans:
        f.target(f.indicator("count", department=unit), threshold=1, plan=plan)


def test_a_unit_that_is_silent_for_two_plans_is_named_once_by_the_shorter_limit(city: SimpleNamespace) -> None:
    figures_asked_of(city.unit, city.quality, city.air)
    SupervisionRules.objects.create(plan=city.air, silence_days=40)
    User.objects.update(last_login=None, date_joined=pressed.at(25, 5))
    assert [silent.unit for silent in silent_units(city.quality, date(2014, 7, 1))] == [city.unit]
    (silent,) = silent_units_over_plans([city.quality, city.air], date(2014, 7, 1))
    assert (silent.unit, silent.terms.plan, silent.terms.limit) == (city.unit, city.quality, 30)
    told = matters.matters_of_people(digest.active_people(), date(2014, 7, 1))[city.reviewer.pk]
    assert [one.part.details["number"] for one in told if one.part.kind == "silence"] == [1]


def test_silence_over_twelve_plans_takes_as_many_queries_as_over_two(city: SimpleNamespace) -> None:
    figures_asked_of(city.unit, city.quality, city.air)
    plans = [city.quality, city.air]

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            silent_units_over_plans(plans, TODAY)
        return len(captured)

    few = queries()
    plans += [f.another_plan(f"plan-{number}") for number in range(10)]
    figures_asked_of(city.unit, *plans[2:])
    assert queries() == few


def test_what_slips_is_a_matter_of_each_plan(city: SimpleNamespace) -> None:
    figures_asked_of(city.unit, city.quality, city.air)
    matter = {
        plan.code: sorted(one.matter for one in findings(plan, TODAY) if one.kind in ("no_figures", "no_report"))
        for plan in (city.quality, city.air)
    }
    assert matter == {
        code: [f"no_figures:{code}:{city.unit.pk}", f"no_report:{code}:{city.unit.pk}"] for code in ("quality", "air")
    }


def test_a_report_about_one_plans_task_is_none_about_anothers(city: SimpleNamespace) -> None:
    reported(city, city.tasks[0], Month(2014, 4), Month(2014, 5))
    kinds = [{one.kind for one in findings(plan, date(2014, 6, 10))} for plan in (city.quality, city.air)]
    assert ["no_report" in found for found in kinds] == [False, True]


def test_a_report_is_refused_while_its_own_plan_has_closed_the_month(city: SimpleNamespace) -> None:
    close_plan_month(city.air, JUNE, by=f.coordinator())
    reported(city, city.tasks[0], JUNE)
    with pytest.raises(Exception, match="air"):
        reported(city, city.tasks[1], JUNE)


def test_the_tasks_of_a_plan_over_years_are_mine_in_each_of_its_months(city: SimpleNamespace) -> None:
    five = f.another_plan("five-years", 2013, last_month=Month(2017, 12))
    a_task("long", five, lead=city.unit)
    (found,) = task_desks_of(city.reporter, [five], Situation.of([five], date(2015, 3, 2)))
    assert found.month == Month(2015, 2)


def test_a_county_has_nothing_to_do_with_another_citys_tasks(city: SimpleNamespace) -> None:
    stranger = f.person(Role.REPORTER, f.department(Region.objects.create(code="100200", name="另市", kind="city")))
    assert summary(stranger, TODAY) is not None
    assert "/plans/quality/tasks/" not in page(stranger, "/desk/")
