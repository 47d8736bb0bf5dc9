"""Who is reminded of which month's report when: as of figures, in the one digest, until it is handed in."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import resolve
from django.utils import translation

from departments.models import Department, Notice, User
from departments.notices import digest, matters
from departments.permissions import Role
from departments.rules.reminding import Matter
from plans.models import CalendarDay
from plans.periods import Month
from targets.services.locking import close_plan_month
from targets.tests import factories as f
from tasks.models import Assignment, ProgressReport, Task
from tasks.services.deciding import return_report
from tasks.services.places import ReportPlace
from tasks.tests.cast import JUNE, MAY, a_task, cast, handed_in

pytestmark = pytest.mark.django_db

DEADLINE = date(2014, 7, 7)
"""The fifth of July 2014 is a Saturday: a Monday, as for figures."""
NOON = datetime(2014, 7, 7, 12, tzinfo=ZoneInfo("Asia/Shanghai"))


@pytest.fixture(name="city")
def _city() -> SimpleNamespace:
    """A task with a lead and a sharing unit that have reported on every month up to May."""
    made = cast()
    for place, by in ((made.place, made.reporter), (made.theirs, made.sharer)):
        reported(place, by, MAY)
    return made


def reported(place: ReportPlace, by: User, month: Month) -> None:
    handed_in(ReportPlace(place.task, place.department, month), by)


def asked(day: date, person: User) -> list[Matter]:
    """What the person is asked for in the way of reports."""
    found = matters.matters_of_people(digest.active_people(), day)[person.pk]
    return [one for one in found if one.part.kind.startswith("reports_")]


def told(day: date) -> dict[int, list[str]]:
    """What each person's digest of the day says of reports, in English."""
    digest.compose_digests(day, NOON + (day - NOON.date()))
    with translation.override("en"):
        notices = Notice.objects.filter(kind=Notice.DIGEST, day=day)
        lines = {
            one.user_id: [line.text for line in matters.lines_of_notice(one) if "report" in line.text]
            for one in notices
        }
    found = {key: [one for one in said if "review" not in one] for key, said in lines.items()}
    return {key: said for key, said in found.items() if said}


def test_the_days_are_those_of_figures_until_it_is_handed_in(city: SimpleNamespace) -> None:
    days = [DEADLINE + timedelta(days=number) for number in range(-10, 20)]
    found = [(day - DEADLINE).days for day in days if city.reporter.pk in told(day)]
    assert found == [-3, -1, 1, 8, 15]
    reported(city.place, city.reporter, JUNE)
    assert asked(DEADLINE + timedelta(days=22), city.reporter) == []


def test_the_reporters_of_units_that_lead_or_share_are_told_and_nobody_else(city: SimpleNamespace) -> None:
    Assignment.objects.create(task=city.task, department=f.department(), role=Assignment.Role.SUPPORT)
    f.person(Role.REPORTER, Department.objects.latest("pk"))
    unit, other = city.lead.short_name, city.shared.short_name
    said = "June 2014: the report on 1 task is still to be handed in. Deadline July 7, 2014, 1 day left."
    assert told(DEADLINE - timedelta(days=1)) == {
        city.reporter.pk: [f"{unit}, {said}"],
        city.sharer.pk: [f"{other}, {said}"],
    }


def test_the_deadline_moves_with_holidays_as_that_of_figures(city: SimpleNamespace) -> None:
    CalendarDay.objects.create(day=DEADLINE, kind="holiday", name="节日")
    (one,) = asked(DEADLINE, city.reporter)
    assert one.deadline == DEADLINE + timedelta(days=1)


def test_a_repeated_run_tells_nobody_twice_and_figures_stand_in_the_same_digest(city: SimpleNamespace) -> None:
    f.indicator("count", department=city.lead)
    day = DEADLINE - timedelta(days=3)
    assert told(day) == told(day)
    one = Notice.objects.get(user=city.reporter, kind=Notice.DIGEST)
    assert {part["kind"] for part in one.parts} >= {"figures_due", "reports_due"}
    digest.compose_digests(day, NOON)
    assert Notice.objects.filter(user=city.reporter, kind=Notice.DIGEST).count() == 1


def test_one_report_leads_to_its_form_and_several_to_my_tasks(city: SimpleNamespace) -> None:
    (one,) = asked(DEADLINE, city.reporter)
    assert resolve(one.part.link).url_name == "task_report"
    assert one.part.link == f"/plans/plan-2014/tasks/t/report/{city.lead.code}/2014-06/"
    a_task("second", lead=city.lead)
    found = asked(DEADLINE, city.reporter)[0].part
    assert (found.link, found.details["number"]) == ("/tasks/mine/", 2)


def test_what_was_returned_is_said_apart(city: SimpleNamespace) -> None:
    a_task("second", lead=city.lead)
    return_report(handed_in(city.place, city.reporter), by=city.reviewer, reason="太简略")
    found = [(one.part.kind, one.part.details["number"]) for one in asked(DEADLINE, city.reporter)]
    assert found[:2] == [("reports_due", 1), ("reports_returned", 1)]


def test_a_later_report_has_overtaken_the_months_before_it(city: SimpleNamespace) -> None:
    assert ProgressReport.objects.filter(task=city.task, department=city.lead).count() == 1
    (one,) = asked(DEADLINE, city.reporter)
    assert one.part.details["month"] == "2014-06"


def test_several_months_are_one_sentence_beside_the_latest(city: SimpleNamespace) -> None:
    a_task("second", lead=city.lead)
    lines = told(DEADLINE + timedelta(days=1))[city.reporter.pk]
    unit = city.lead.short_name
    assert lines == [
        f"{unit}, June 2014: the reports on 2 tasks are still to be handed in. Deadline July 7, 2014, 1 day late.",
        f"{unit}, January 2014 to May 2014: 5 progress reports are missing or were returned.",
    ]


def test_a_closed_month_is_not_asked_for(city: SimpleNamespace) -> None:
    close_plan_month(f.plan(), JUNE, by=city.coordinator)
    assert asked(DEADLINE, city.reporter) == []


def test_a_closed_task_is_not_asked_for(city: SimpleNamespace) -> None:
    Task.objects.update(closed_on=DEADLINE, closed_by=city.coordinator)
    assert asked(DEADLINE, city.reporter) == []


def test_a_plan_of_long_ago_asks_for_nothing(city: SimpleNamespace) -> None:
    assert asked(date(2016, 7, 4), city.reporter) == []


def test_every_sentence_is_said_in_chinese(city: SimpleNamespace) -> None:
    a_task("second", lead=city.lead)
    return_report(handed_in(city.place, city.reporter), by=city.reviewer, reason="太简略")
    digest.compose_digests(DEADLINE + timedelta(days=1), NOON + timedelta(days=1))
    one = Notice.objects.get(user=city.reporter, kind=Notice.DIGEST)
    text = " ".join(line.text for line in matters.lines_of_notice(one))
    for words in (
        "2014年6月还有 1 项任务的进展报告未提交",
        "有 1 项任务的进展报告被退回",
        "还有 5 份进展报告未提交或待更正",
    ):
        assert words in text


def test_more_tasks_units_and_people_take_no_further_query(city: SimpleNamespace) -> None:
    few = _cost()
    for number in range(4):
        unit = f.department()
        f.person(Role.REPORTER, unit)
        reported(ReportPlace(a_task(f"more{number}", lead=unit), unit, MAY), f.person(Role.REPORTER, unit), MAY)
    assert _cost() == few


def _cost() -> int:
    with CaptureQueriesContext(connection) as captured:
        matters.matters_of_people(digest.active_people(), DEADLINE)
    return len(captured)
