"""Who is reminded of what: reporters of figures, reviewers of entries, the plan office of units that are late."""

from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from departments.database.append_only import rewriting
from departments.models import LastReminder, Notice, User
from departments.notices import digest, matters
from departments.permissions import Role
from plans.periods import Month
from targets.models import MonthLock, Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision, return_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db

JUNE = Month(2014, 6)
DEADLINE = date(2014, 7, 5)
SHANGHAI = ZoneInfo("Asia/Shanghai")
NOW = datetime(2014, 7, 2, 8, 30, tzinfo=SHANGHAI)


@pytest.fixture
def cast() -> SimpleNamespace:
    """A bureau with five figures, of which only June's are missing, and everybody around it; always due on the 5th."""
    office, plan = f.department(), f.plan()
    plan.deadline_moves = False
    plan.save()
    made = SimpleNamespace(
        plan=plan,
        office=office,
        measured=[f.indicator("count", department=office) for _one in range(5)],
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        coordinator=f.coordinator(),
        leader=f.person(Role.LEADER, office),
        stranger=f.person(Role.REPORTER),
    )
    months = [f"2014-{number:02d}" for number in range(1, 6)]
    f.official(*(f.entry(one, month, 1) for one in made.measured for month in months))
    return made


def handed_in(cast: SimpleNamespace, number: int, at: date | None = None, month: Month = JUNE) -> Revision:
    key = (cast.measured[number].pk, f.region().pk, month)
    save_draft(key, Typed(value="3", note="核对无误"), version=0, by=cast.reporter)
    made = hand_in([key], by=cast.reporter)[0]
    if at is not None:
        moment = datetime(at.year, at.month, at.day, 12, tzinfo=SHANGHAI)
        with rewriting():
            Revision.objects.filter(pk=made.pk).update(created_at=moment)
    return made


OTHERS = "has not logged in"
"""Of this tells `tasks.supervision.inactivity`, which has tests of its own."""


def told(today: date) -> dict[int, list[str]]:
    """What each person's digest of the day says of figures, in English."""
    digest.compose_digests(today, NOW + (today - NOW.date()))
    with translation.override("en"):
        notices = Notice.objects.filter(kind=Notice.DIGEST, day=today)
        said = {
            one.user_id: [line.text for line in matters.lines_of_notice(one) if OTHERS not in line.text]
            for one in notices
        }
        return {person: lines for person, lines in said.items() if lines}


def kinds(today: date, person: User) -> list[tuple[str, dict[str, Any]]]:
    found = matters.matters_of_people(digest.active_people(), today)[person.pk]
    return [(one.part.kind, dict(one.part.details)) for one in found]


def test_a_reporter_is_told_what_is_missing_by_when_and_where(cast: SimpleNamespace) -> None:
    unit = cast.office.short_name
    assert told(DEADLINE - timedelta(days=3)) == {
        cast.reporter.pk: [
            f"{unit}, June 2014: 5 figures are still to be handed in. Deadline July 5, 2014, 3 days left."
        ]
    }
    assert Notice.objects.get(user=cast.reporter).parts[0]["link"] == f"/worksheet/{cast.office.code}/2014-06/"


def test_the_days_are_three_and_one_before_the_day_after_then_weekly(cast: SimpleNamespace) -> None:
    days = [DEADLINE + timedelta(days=number) for number in range(-10, 20)]
    assert [(day - DEADLINE).days for day in days if cast.reporter.pk in told(day)] == [-3, -1, 1, 8, 15]


def test_what_is_handed_in_is_not_asked_for_whether_approved_or_not(cast: SimpleNamespace) -> None:
    handed_in(cast, 0)
    approve_revision(handed_in(cast, 1), by=cast.reviewer)
    save_draft((cast.measured[2].pk, f.region().pk, JUNE), Typed(value="3"), version=0, by=cast.reporter)
    assert kinds(DEADLINE, cast.reporter)[0][1]["number"] == 3


def test_what_came_back_is_said_apart_from_what_is_missing(cast: SimpleNamespace) -> None:
    return_revision(handed_in(cast, 0), by=cast.reviewer, reason="漏报")
    assert [(kind, one["number"]) for kind, one in kinds(DEADLINE, cast.reporter)] == [
        ("figures_due", 4),
        ("figures_returned", 1),
    ]


def test_once_everything_is_handed_in_nobody_is_reminded(cast: SimpleNamespace) -> None:
    f.official(*(f.entry(one, "2014-06", 1) for one in cast.measured))
    assert told(DEADLINE - timedelta(days=1)) == {}
    assert told(DEADLINE + timedelta(days=1)) == {}


def test_a_closed_month_is_left_out(cast: SimpleNamespace) -> None:
    handed_in(cast, 0, at=DEADLINE)
    close_plan_month(f.plan(), JUNE, by=cast.coordinator)
    assert told(DEADLINE + timedelta(days=2)) == {}
    MonthLock.objects.update(reopened_at=NOW, reopened_by=cast.coordinator, reason="补报")
    assert set(told(DEADLINE + timedelta(days=3))) == {cast.reporter.pk, cast.reviewer.pk, cast.coordinator.pk}


def test_a_reviewer_is_told_of_others_entries_from_the_day_after_the_oldest_came_in(cast: SimpleNamespace) -> None:
    handed_in(cast, 0, at=date(2014, 6, 20))
    handed_in(cast, 1, at=date(2014, 6, 25))
    assert cast.reviewer.pk not in told(date(2014, 6, 20))
    assert told(date(2014, 6, 21))[cast.reviewer.pk] == [
        "2 figures wait for your review, the oldest since June 20, 2014."
    ]
    assert cast.reviewer.pk not in told(date(2014, 6, 24))
    assert cast.reviewer.pk in told(date(2014, 6, 28))


def test_own_entries_are_a_colleagues_to_review(cast: SimpleNamespace) -> None:
    cast.reporter.memberships.create(department=cast.office, role=Role.REVIEWER.value)
    handed_in(cast, 0, at=date(2014, 6, 20))
    assert kinds(date(2014, 6, 21), cast.reporter) == []
    assert [kind for kind, _one in kinds(date(2014, 6, 21), cast.reviewer)] == ["reviews"]


def test_the_quality_office_hears_the_day_after_who_is_late_and_not_what_it_might_enter_itself(
    cast: SimpleNamespace,
) -> None:
    assert cast.coordinator.pk not in told(DEADLINE - timedelta(days=1))
    assert told(DEADLINE + timedelta(days=1))[cast.coordinator.pk] == [
        f"June 2014: 1 unit has not handed in everything: {cast.office.short_name}. Deadline July 5, 2014, 1 day late."
    ]


def test_a_unit_without_anybody_to_report_is_told_to_the_quality_office_in_time(cast: SimpleNamespace) -> None:
    """Otherwise nobody updates, and nobody sees that nobody does."""
    User.objects.filter(pk=cast.reporter.pk).update(is_active=False)
    said = told(DEADLINE - timedelta(days=3))
    assert set(said) == {cast.coordinator.pk}
    assert "nobody with an active account" in said[cast.coordinator.pk][0]
    assert cast.office.short_name in said[cast.coordinator.pk][0]


def missing(*numbers: int) -> None:
    """Nothing is official for these months of 2014 any more."""
    months = [Month(2014, number) for number in numbers]
    with rewriting():
        Revision.objects.filter(observation__month__in=months).update(state="withdrawn", ended_at=NOW)


def test_a_month_before_the_one_being_reported_is_asked_for_too(cast: SimpleNamespace) -> None:
    missing(2)
    assert [one["month"] for _kind, one in kinds(DEADLINE, cast.reporter)] == ["2014-06", "2014-02"]


def test_several_months_before_it_make_one_sentence(cast: SimpleNamespace) -> None:
    missing(2, 3, 4)
    said = told(DEADLINE + timedelta(days=1))
    unit = cast.office.short_name
    assert said[cast.reporter.pk] == [
        f"{unit}, June 2014: 5 figures are still to be handed in. Deadline July 5, 2014, 1 day late.",
        f"{unit}, February 2014 to April 2014: 15 figures are missing or were returned.",
    ]
    assert said[cast.coordinator.pk] == [
        f"June 2014: 1 unit has not handed in everything: {unit}. Deadline July 5, 2014, 1 day late.",
        f"February 2014 to April 2014: 1 unit has not handed in everything: {unit}.",
    ]


def test_months_that_stay_missing_bring_one_message_a_week_and_no_more(cast: SimpleNamespace) -> None:
    missing(2, 3, 4, 5)
    days = [date(2014, 7, 2) + timedelta(days=number) for number in range(60)]
    heard = [day for day in days if cast.reporter.pk in told(day)]
    july, august = [2, 4, 6, 13, 20, 27], [2, 4, 6, 13, 20, 27]
    assert [day for day in heard if day.month == 7] == [date(2014, 7, number) for number in july]
    assert [day for day in heard if day.month == 8] == [date(2014, 8, number) for number in august]


@pytest.mark.parametrize(("today", "asked"), [(date(2015, 3, 6), True), (date(2015, 3, 7), False)])
def test_two_months_after_a_plans_last_deadline_nobody_is_asked_any_more(
    today: date, asked: bool, cast: SimpleNamespace
) -> None:
    assert bool(kinds(today, cast.reporter)) is asked


def test_a_worked_example_of_long_ago_floods_nobody(cast: SimpleNamespace) -> None:
    for number in range(30):
        assert told(date(2026, 7, 1) + timedelta(days=number)) == {}


def test_a_county_officer_is_asked_for_the_countys_figures_and_nobody_elses(cast: SimpleNamespace) -> None:
    place = f.region("100101", f.region())
    county = f.department(place)
    county.kind = "county_government"
    county.save()
    f.indicator("count", region_rule="sum")
    officer = f.person(Role.COUNTY, county)
    assert [one["unit"] for _kind, one in kinds(date(2014, 2, 5), officer)] == [county.short_name]


def test_a_quarterly_figure_is_asked_for_after_the_quarter_only(cast: SimpleNamespace) -> None:
    f.indicator("count", department=f.department(), frequency="quarterly")
    unit = f.person(Role.REPORTER, None)
    unit.memberships.update(department_id=cast.office.pk)
    late = matters.matters_of_people(digest.active_people(), date(2014, 7, 6))[cast.coordinator.pk]
    months = {
        one.part.details["month"]: len(one.part.details["units"]) for one in late if one.part.kind == "units_late"
    }
    assert months == {"2014-03": 1, "2014-06": 2}


def test_all_people_take_as_many_queries_as_one(cast: SimpleNamespace) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            digest.compose_digests(DEADLINE + timedelta(days=1), NOW)
        Notice.objects.all().delete()
        LastReminder.objects.all().delete()
        return len(captured)

    handed_in(cast, 0, at=date(2014, 6, 20))
    few = queries()
    for _unit in range(8):
        office = f.department()
        f.indicator("count", department=office)
        for role in (Role.REPORTER, Role.REVIEWER, Role.COORDINATOR):
            f.person(role, office)
    for number in (1, 2, 3):
        handed_in(cast, number, at=date(2014, 6, 20))
    assert queries() == few
