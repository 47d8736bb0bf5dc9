"""The history of a light: on which day it changed, and what made it change."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from departments.database.append_only import rewriting
from departments.models import User
from departments.permissions import Role
from plans.periods import Month
from targets.models import Revision, Target
from targets.reading import light_changes
from targets.reading.light_changes import History, LightChange, history
from targets.reading.selectors import attainments_official_then
from targets.services.reviewing import withdraw_revision
from targets.tests.factories import (
    attainment,
    coordinator,
    department,
    entry,
    indicator,
    official,
    person,
    recompute,
    region,
    target,
)
from targets.wording.lights import light_of_attainment

pytestmark = pytest.mark.django_db
JANUARY, MARCH = Month(2014, 1), Month(2014, 3)


def told(promise: Target, month: Month = JANUARY, until: datetime | None = None, user: User | None = None) -> History:
    known = Target.objects.with_version().with_rules().select_related("plan__region", "indicator", "operand")
    found = known.get(pk=promise.pk)
    return history(found, found.plan.region, month, user or person(Role.LEADER), until or timezone.now())


def noon(day: int, month: int = 2) -> datetime:
    return datetime(2014, month, day, 4, tzinfo=UTC)


def set_times(*times: tuple[datetime, datetime | None]) -> None:
    """When each revision, in the order in which they were made, was official."""
    for revision, (begins, ends) in zip(Revision.objects.order_by("pk"), times, strict=True):
        with rewriting():
            Revision.objects.filter(pk=revision.pk).update(official_at=begins, ended_at=ends)


def corrected() -> Target:
    """90 of 100 in January, official on 5 February; corrected to 99 on the 20th."""
    measured = indicator()
    promise = target(measured, threshold=92)
    official(entry(measured, "2014-01", 90, 100))
    official(entry(measured, "2014-01", 99, 100))
    set_times((noon(5), noon(20)), (noon(20), None))
    return promise


def lights(one: LightChange) -> tuple[str, str]:
    return one.before.colour, one.after.colour


def test_a_correction_turns_the_light_on_its_day() -> None:
    newest, first = told(corrected()).changes
    assert (newest.day.day, *lights(newest)) == (20, "red", "green")
    assert (first.day.day, *lights(first)) == (5, "grey", "red")
    assert newest.attainment.actual == 99
    assert [cause.revision.numerator for cause in newest.causes] == [99]


def test_the_newest_light_is_the_one_that_is_stored() -> None:
    promise = corrected()
    assert told(promise).changes[0].after == light_of_attainment(attainment(promise, "2014-01"))


def test_each_day_agrees_with_what_was_official_at_its_end() -> None:
    promise = corrected()
    official(entry(promise.indicator, "2014-03", 10, 300))
    with rewriting():
        Revision.objects.filter(observation__month=MARCH).update(official_at=noon(7, 4))
    for one in told(promise, MARCH).changes:
        end = datetime(one.day.year, one.day.month, one.day.day, 15, 59, 59, tzinfo=UTC)
        fresh = attainments_official_then(Target.objects.filter(pk=promise.pk), promise.plan.region, end)
        (then,) = [row for row in fresh if row.month == MARCH]
        assert (then.signal, then.actual, then.inputs_hash) == (
            one.attainment.signal,
            one.attainment.actual,
            one.attainment.inputs_hash,
        )


def test_a_withdrawal_takes_the_light_away_and_says_why() -> None:
    measured = indicator()
    promise = target(measured, threshold=92)
    official(entry(measured, "2014-01", 99, 100))
    with rewriting():
        Revision.objects.update(official_at=noon(5))
    withdraw_revision(Revision.objects.get(), by=coordinator(), reason="报错了")
    recompute()
    newest = told(promise).changes[0]
    assert lights(newest) == ("green", "grey")
    (cause,) = newest.causes
    assert cause.withdrawn
    assert [step.reason for step in cause.revision.decisions.all() if step.verb == "withdraw"] == ["报错了"]


def test_what_does_not_change_the_light_is_not_told() -> None:
    measured = indicator()
    promise = target(measured, threshold=92)
    for share in (99, 98, 97):
        official(entry(measured, "2014-01", share, 100))
    set_times((noon(5), noon(6)), (noon(6), noon(7)), (noon(7), None))
    assert [one.day.day for one in told(promise).changes] == [5]


def test_later_months_have_no_part_in_it() -> None:
    measured = indicator()
    promise = target(measured, threshold=92)
    official(entry(measured, "2014-01", 99, 100), entry(measured, "2014-02", 1, 100))
    assert len(told(promise, JANUARY).changes) == 1
    assert told(promise, JANUARY).changes[0].after.colour == "green"


def test_an_earlier_day_knows_nothing_of_later_ones() -> None:
    promise = corrected()
    assert [one.day.day for one in told(promise, until=noon(10)).changes] == [5]
    assert told(promise, until=noon(1)).changes == ()


def test_last_year_and_the_indicator_compared_with_count_too() -> None:
    measured, other = indicator("level"), indicator("level")
    promise = target(measured, "more_than", threshold_kind="indicator", operand=other)
    official(entry(measured, "2014-01", 9))
    official(entry(other, "2014-01", 7))
    better = target(indicator("level"), "improves")
    official(entry(better.indicator, "2014-01", 9))
    official(entry(better.indicator, "2013-01", 8))
    set_times(*((noon(day), None) for day in (5, 6, 7, 8)))
    assert [(one.day.day, one.after.shape) for one in told(promise).changes] == [(6, "met"), (5, "not-assessable")]
    assert [(one.day.day, one.after.shape) for one in told(better).changes] == [(8, "met"), (7, "not-assessable")]


def test_only_a_bounded_number_of_days_is_looked_at_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(light_changes, "DAYS", 1)
    found = told(corrected())
    assert [lights(one) for one in found.changes] == [("red", "green")]
    assert found.since == noon(20).date()


def test_entries_that_a_person_may_not_read_are_counted_and_not_named() -> None:
    promise = corrected()
    newest = told(promise, user=person(Role.REPORTER, department())).changes[0]
    assert (newest.causes, newest.further) == ([], 1)


def test_many_entries_of_a_day_are_counted() -> None:
    places = [region(f"10010{number}", parent=region()) for number in range(1, 6)]
    measured = indicator(region_rule="pooled")
    promise = target(measured, threshold=92)
    official(*(entry(measured, "2014-01", 99, 100, place=place) for place in places))
    (only,) = told(promise).changes
    assert (len(only.causes), only.further) == (3, 2)


def queries_of(promise: Target, user: User) -> int:
    told(promise, MARCH, user=user)
    with CaptureQueriesContext(connection) as captured:
        told(promise, MARCH, user=user)
    return len(captured)


def test_more_days_and_entries_take_no_further_query() -> None:
    promise, user = corrected(), person(Role.LEADER)
    few = queries_of(promise, user)
    for number, share in enumerate((10, 99, 20, 99, 30), 1):
        official(entry(promise.indicator, "2014-02", share, 100))
        newest = Revision.objects.latest("pk")
        with rewriting():
            Revision.objects.filter(pk=newest.pk).update(official_at=noon(number, 3))
    assert queries_of(promise, user) == few
