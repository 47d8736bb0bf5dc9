"""Who is reminded of which milestone when: 30, 7 and 1 days before; 1, 7 and then every 30 days after."""

from datetime import date, timedelta
from itertools import pairwise
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import User
from departments.notices.digest import active_people
from departments.permissions import Role
from departments.rules.reminding import Matter, choose_matters
from targets.tests import factories as f
from tasks.models import Milestone, Task
from tasks.reporting.reminders import MILESTONES, task_matters_of
from tasks.tests.cast import cast, handed_in
from tasks.wording.notices import WORDINGS

pytestmark = pytest.mark.django_db

DUE = date(2014, 6, 30)


@pytest.fixture(name="city")
def _city() -> SimpleNamespace:
    made = cast()
    Milestone.objects.update(due=DUE)
    return made


def told(day: date) -> dict[int, list[Matter]]:
    """Who is told what, but for reports that are to be written."""
    people = list(User.objects.order_by("pk"))
    found = {
        key: [one for one in matters if not is_report(one)] for key, matters in task_matters_of(people, day).items()
    }
    return {key: matters for key, matters in found.items() if matters}


def is_report(matter: Matter) -> bool:
    return matter.part.kind.startswith("reports_")


def days_told(first: date, last: date) -> list[int]:
    """On which days, counted from the due date, somebody is told who is told whenever it is due."""
    found, before = [], None
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if MILESTONES.is_due(DUE, day, before):
            found.append((day - DUE).days)
            before = day
    return found


def test_the_days_are_those_of_the_rule_and_never_closer_than_five() -> None:
    days = days_told(DUE - timedelta(days=60), DUE + timedelta(days=100))
    assert days == [-30, -7, -1, 4, 9, 39, 69, 99]
    assert all(later - earlier >= 5 for earlier, later in pairwise(days))


def test_what_was_late_from_the_start_is_told_1_and_7_days_after_and_then_monthly() -> None:
    assert days_told(DUE + timedelta(days=1), DUE + timedelta(days=70)) == [1, 7, 37, 67]


def test_each_milestone_is_told_to_the_reporters_of_its_unit_or_of_the_lead(city: SimpleNamespace) -> None:
    assert told(DUE - timedelta(days=31)) == {}
    found = told(DUE - timedelta(days=7))
    assert set(found) == {city.reporter.pk, city.sharer.pk}
    details = {key: matters[0].part.details for key, matters in found.items()}
    assert details[city.reporter.pk]["titles"] == ["节点open"]
    assert details[city.sharer.pk]["titles"] == ["节点own"]


def test_what_is_done_or_closed_reminds_nobody(city: SimpleNamespace) -> None:
    Milestone.objects.filter(pk=city.open.pk).update(done_on=date(2014, 5, 1))
    assert set(told(DUE)) == {city.sharer.pk}
    Task.objects.update(closed_on=DUE, closed_by=city.coordinator)
    assert told(DUE) == {}


def test_a_plan_of_long_ago_reminds_nobody(city: SimpleNamespace) -> None:
    assert told(date(2016, 6, 1)) == {}


def test_a_reviewer_is_told_of_reports_that_wait(city: SimpleNamespace) -> None:
    report = handed_in(city.place, city.reporter)
    day = report.created_at.date() + timedelta(days=1)
    assert [one.part.kind for one in told(day)[city.reviewer.pk]] == ["task_reviews"]


def test_a_reminder_is_one_line_a_task_and_day_and_says_what_is_due(city: SimpleNamespace) -> None:
    Milestone.objects.update(department=city.lead)
    (matter,) = told(DUE + timedelta(days=1))[city.reporter.pk]
    assert WORDINGS[matter.part.kind](matter.part.details) == (
        "质量提升：2 个节点应于2014年6月30日完成，已逾期 1 天：节点own、节点open。"
    )
    assert choose_matters([matter], {}, DUE + timedelta(days=1)) == [matter]


def test_more_milestones_and_people_take_no_further_query(city: SimpleNamespace) -> None:
    few = _cost()
    for number in range(5):
        for code in "abc":
            Milestone.objects.create(task=city.task, code=f"{code}{number}", title="步", quote="目标", due=DUE)
        f.person(Role.REPORTER, city.lead)
    assert _cost() == few


def _cost() -> int:
    people = active_people()
    with CaptureQueriesContext(connection) as captured:
        task_matters_of(people, DUE)
    return len(captured)


def test_last_years_plan_is_still_told_of_for_a_while(city: SimpleNamespace) -> None:
    assert told(date(2015, 1, 31)) != {}
    assert told(date(2015, 12, 31)) == {}
