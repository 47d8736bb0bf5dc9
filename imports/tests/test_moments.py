"""Time never runs backwards in the history of a figure, whatever the clock of a server does."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from django.utils import timezone

from departments.database.append_only import rewriting
from departments.permissions import Role
from imports.batches.applying import write_confirmed_batch
from imports.services.deciding import confirm_import, undo_import
from imports.tests.people import brought, row
from plans.periods import Month
from targets.judging.loading import SeriesKey, official_at
from targets.models import Decision, MonthLock, Revision
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.services.reviewing import approve_revision, return_revision, withdraw_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)
NOON = datetime(2014, 7, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Clock = Callable[[datetime], None]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """`clock(moment)`: that is what the server's clock says from now on."""

    def says(moment: datetime) -> None:
        monkeypatch.setattr(timezone, "now", lambda: moment)

    says(NOON)
    return says


@pytest.fixture
def cast() -> SimpleNamespace:
    office = f.department()
    houses = f.indicator("count", department=office)
    f.judged_anew(f.target(houses, threshold=400))
    return SimpleNamespace(
        houses=houses,
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        coordinator=f.coordinator(),
    )


def handed_in(cast: SimpleNamespace, value: int) -> Revision:
    return f.handed_in(f.entry(cast.houses, "2014-06", value), by=cast.reporter)


def approved(cast: SimpleNamespace, value: int) -> Revision:
    return approve_revision(handed_in(cast, value), by=cast.reviewer)


def imported(cast: SimpleNamespace, *values: int) -> Any:
    months = ("2014-06", "2014-05")
    rows = [row(cast.houses, month, value) for month, value in zip(months, values, strict=False)]
    batch = brought(cast.coordinator, *rows)
    confirm_import(batch, by=cast.coordinator)
    assert write_confirmed_batch(batch.pk)
    return batch


def official(cast: SimpleNamespace, moment: datetime) -> list[int]:
    """What was official of June at a moment."""
    rows = official_at(moment)([SeriesKey(cast.houses.pk, f.region().pk, 2014)])
    return [int(value or 0) for _indicator, _region, month, value, *_rest in rows if month == JUNE.key]


def history(cast: SimpleNamespace) -> list[tuple[int, datetime, datetime | None]]:
    """The official revisions of June, in the order in which they were made."""
    rows = Revision.objects.filter(observation__month=JUNE, official_at__isnull=False).order_by("pk")
    return [(int(one.value or 0), one.official_at, one.ended_at) for one in rows if one.official_at]


def steps() -> list[datetime]:
    return list(Decision.objects.filter(revision__observation__month=JUNE).order_by("pk").values_list("at", flat=True))


def check(cast: SimpleNamespace, *values: int) -> None:
    """The figure was these values, one after the other without a gap, and nothing is out of order."""
    found = history(cast)
    assert [value for value, _begin, _end in found] == list(values)
    for value, begin, end in found:
        assert end is None or begin < end
        assert official(cast, begin) == [value]
    assert [end for _value, _begin, end in found[:-1]] == [begin for _value, begin, _end in found[1:]]
    assert steps() == sorted(steps())
    f.recompute()
    call_command("audit_attainment", stdout=StringIO())


@pytest.mark.usefixtures("clock")
@pytest.mark.parametrize("first", [approved, imported])
@pytest.mark.parametrize("second", [approved, imported])
@pytest.mark.parametrize("back", [timedelta(0), HOUR], ids=["stands", "is set back"])
def test_a_correction_while_the_clock_stands_or_is_set_back_comes_after_what_it_corrects(
    first: Callable[..., Any], second: Callable[..., Any], back: timedelta, cast: SimpleNamespace, clock: Clock
) -> None:
    first(cast, 300)
    clock(NOON - back)
    second(cast, 310)
    check(cast, 300, 310)


def test_a_figure_ahead_of_the_clock_is_followed_and_no_other_is_held_up(cast: SimpleNamespace, clock: Clock) -> None:
    imported(cast, 300, 200)
    ahead = Revision.objects.filter(observation__month=JUNE)
    with rewriting():
        ahead.update(official_at=F("official_at") + timedelta(days=1))
    clock(NOON + HOUR)
    imported(cast, 310, 210)
    check(cast, 300, 310)
    assert Revision.objects.get(value=310).official_at == NOON + timedelta(days=1, microseconds=1)
    assert Revision.objects.get(value=210).official_at == NOON + HOUR


def test_what_is_undone_while_the_clock_is_set_back_is_so_after_it_was_written(
    cast: SimpleNamespace, clock: Clock
) -> None:
    imported(cast, 300)
    clock(NOON + HOUR)
    batch = imported(cast, 310, 200)
    clock(NOON - HOUR)
    undo_import(batch, by=cast.coordinator, reason="误传")
    check(cast, 300, 310, 300)
    gone = Revision.objects.get(value=200)
    assert gone.official_at is not None
    assert gone.ended_at is not None
    assert gone.official_at < gone.ended_at


def test_what_is_returned_with_its_file_while_the_clock_is_set_back_is_so_after_it_was_handed_in(
    cast: SimpleNamespace, clock: Clock
) -> None:
    older = handed_in(cast, 290)
    batch = brought(cast.reporter, row(cast.houses, "2014-06", 300))
    confirm_import(batch, by=cast.reporter)
    clock(NOON - HOUR)
    assert write_confirmed_batch(batch.pk)
    clock(NOON - 2 * HOUR)
    undo_import(batch, by=cast.reporter, reason="误传")
    older.refresh_from_db()
    assert [one.state for one in Revision.objects.order_by("pk")] == ["superseded", "returned", "submitted"]
    assert steps() == sorted(steps())


def test_what_is_withdrawn_while_the_clock_is_set_back_was_official_before(cast: SimpleNamespace, clock: Clock) -> None:
    there = approved(cast, 300)
    clock(NOON - HOUR)
    withdraw_revision(there, by=cast.reviewer, reason="重复")
    ((_value, begin, end),) = history(cast)
    assert end is not None
    assert begin < end
    assert (official(cast, begin), official(cast, end)) == ([300], [])
    approved(cast, 310)
    assert official(cast, history(cast)[-1][1]) == [310]


def test_what_is_returned_while_the_clock_is_set_back_was_handed_in_before(cast: SimpleNamespace, clock: Clock) -> None:
    there = handed_in(cast, 300)
    clock(NOON - HOUR)
    return_revision(there, by=cast.reviewer, reason="口径不符")
    first, second = steps()
    assert first < second


@pytest.mark.parametrize("write", [approved, imported])
def test_closing_and_reopening_while_the_clock_is_set_back_have_their_places_among_the_figures(
    write: Callable[..., Any], cast: SimpleNamespace, clock: Clock
) -> None:
    write(cast, 300)
    clock(NOON - HOUR)
    closed = close_plan_month(f.plan(), JUNE, by=cast.coordinator)
    clock(NOON - 2 * HOUR)
    opened = reopen_plan_month(f.plan(), JUNE, by=cast.coordinator, reason="更正")
    write(cast, 310)
    again = close_plan_month(f.plan(), JUNE, by=cast.coordinator)
    (_first, begin, _end), (_second, corrected, _open) = history(cast)
    assert opened.reopened_at is not None
    assert begin < closed.locked_at < opened.reopened_at < corrected < again.locked_at
    assert (official(cast, closed.locked_at), official(cast, again.locked_at)) == ([300], [310])
    assert MonthLock.objects.count() == 2
    check(cast, 300, 310)


def test_a_first_figure_after_a_reopening_is_none_of_the_closed_month(cast: SimpleNamespace, clock: Clock) -> None:
    closed = close_plan_month(f.plan(), JUNE, by=cast.coordinator)
    reopen_plan_month(f.plan(), JUNE, by=cast.coordinator, reason="补报")
    clock(NOON - HOUR)
    imported(cast, 300)
    assert official(cast, closed.locked_at) == []


# --- The audit --------------------------------------------------------------------------------------------------------


def audited() -> str:
    told = StringIO()
    with pytest.raises(CommandError):
        call_command("audit_attainment", stdout=told)
    return told.getvalue()


def test_the_audit_names_a_figure_that_was_official_twice_at_once(cast: SimpleNamespace) -> None:
    approved(cast, 300)
    approved(cast, 310)
    f.recompute()
    with rewriting():
        Revision.objects.filter(value=310).update(official_at=F("official_at") - HOUR)
    assert f"{cast.houses.code} {f.region().code} 2014-06" in audited()


def test_the_audit_names_a_figure_that_ended_before_it_was_official(cast: SimpleNamespace) -> None:
    withdraw_revision(approved(cast, 300), by=cast.reviewer, reason="重复")
    f.recompute()
    with rewriting():
        Revision.objects.update(ended_at=F("official_at"))
    assert f"{cast.houses.code} {f.region().code} 2014-06" in audited()


def test_the_audit_names_a_figure_that_was_decided_upon_before_it_was_handed_in(cast: SimpleNamespace) -> None:
    approved(cast, 300)
    f.recompute()
    with rewriting():
        Decision.objects.filter(verb="submit").update(at=F("at") + HOUR)
    assert f"{cast.houses.code} {f.region().code} 2014-06" in audited()
