"""A closed month refuses through every door; only the plan office opens it again, with a reason."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from departments.models import AuditEvent
from departments.permissions import Role
from plans.periods import Month
from targets.models import MonthLock, Revision
from targets.services.checking import check_entries
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.services.official import make_official
from targets.services.reviewing import approve_revision, return_revision, withdraw_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)


@pytest.fixture
def office() -> Any:
    return f.department()


def submitted(office: Any) -> Revision:
    reporter = f.person(Role.REPORTER, office)
    houses = f.indicator("count", department=office)
    return f.handed_in(f.entry(houses, "2014-06", 1), by=reporter)


def test_a_closed_month_is_told_with_what_to_do(office: Any) -> None:
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    found = check_entries([f.entry(f.indicator("count"), "2014-06", 1), f.entry(f.indicator("count"), "2014-07", 1)])
    assert {position: [one.code for one in problems] for position, problems in found.items()} == {0: ["month_locked"]}


def test_a_closed_month_refuses_entering_approving_withdrawing_and_importing(office: Any) -> None:
    reviewer, reporter = f.person(Role.REVIEWER, office), f.person(Role.REPORTER, office)
    waiting = submitted(office)
    official = approve_revision(submitted(office), by=reviewer)
    by = f.coordinator()
    close_plan_month(f.plan(), JUNE, by=by)
    houses = f.indicator("count", department=office)
    doors: list[Callable[[], object]] = [
        lambda: f.handed_in(f.entry(houses, "2014-06", 1), by=reporter),
        lambda: approve_revision(waiting, by=reviewer),
        lambda: withdraw_revision(official, by=reviewer, reason="重复"),
        lambda: make_official([f.entry(houses, "2014-06", 1)], source=f.source(by), by=by),
    ]
    for door in doors:
        with pytest.raises(ValidationError, match="封账"), transaction.atomic():
            door()
    assert set(Revision.objects.values_list("state", flat=True)) == {"submitted", "approved"}


def test_what_waits_in_a_closed_month_may_still_be_returned(office: Any) -> None:
    waiting = submitted(office)
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    assert return_revision(waiting, by=f.person(Role.REVIEWER, office), reason="本月已封账").state == "returned"


def test_other_months_stay_open(office: Any) -> None:
    close_plan_month(f.plan(), Month(2014, 5), by=f.coordinator())
    assert approve_revision(submitted(office), by=f.person(Role.REVIEWER, office)).state == "approved"


def test_a_reopened_month_takes_figures_again_and_can_be_closed_again(office: Any) -> None:
    by = f.coordinator()
    close_plan_month(f.plan(), JUNE, by=by)
    reopened = reopen_plan_month(f.plan(), JUNE, by=by, reason="市统计局更正")
    assert (reopened.reason, reopened.reopened_by) == ("市统计局更正", by)
    assert approve_revision(submitted(office), by=f.person(Role.REVIEWER, office)).state == "approved"
    close_plan_month(f.plan(), JUNE, by=by)
    assert MonthLock.objects.count() == 2
    assert list(
        AuditEvent.objects.filter(action__startswith="month.").order_by("id").values_list("action", flat=True)
    ) == [
        "month.locked",
        "month.reopened",
        "month.locked",
    ]


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_nobody_but_the_quality_office_closes_or_opens_a_month(role: Role) -> None:
    by = f.person(role)
    with pytest.raises(PermissionDenied):
        close_plan_month(f.plan(), JUNE, by=by)
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    with pytest.raises(PermissionDenied):
        reopen_plan_month(f.plan(), JUNE, by=by, reason="原因")
    assert [found.month for found in MonthLock.objects.closed({JUNE})] == [JUNE]


@pytest.mark.parametrize("reason", ["", "  "])
def test_reopening_needs_a_reason(reason: str) -> None:
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    with pytest.raises(ValidationError, match="原因"):
        reopen_plan_month(f.plan(), JUNE, by=f.coordinator(), reason=reason)


def test_a_month_is_not_closed_twice_nor_opened_when_open() -> None:
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    with pytest.raises(ValidationError):
        close_plan_month(f.plan(), JUNE, by=f.coordinator())
    with pytest.raises(ValidationError):
        reopen_plan_month(f.plan(), Month(2014, 7), by=f.coordinator(), reason="原因")
    assert MonthLock.objects.count() == 1


def test_the_database_keeps_the_reason_with_the_reopening() -> None:
    made = close_plan_month(f.plan(), JUNE, by=f.coordinator())
    with pytest.raises(IntegrityError), transaction.atomic():
        MonthLock.objects.filter(pk=made.pk).update(reopened_at=timezone.now(), reopened_by=f.coordinator())
