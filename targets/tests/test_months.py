"""Closing and reopening months, and how complete each is."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.permissions import Role
from plans.periods import Month
from targets.expected.month_standings import standings_of_months
from targets.models import MonthLock
from targets.services.locking import close_plan_month
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)


@pytest.fixture
def office(client: Client) -> Client:
    f.plan()
    client.force_login(f.coordinator())
    return client


def said(client: Client, address: str, **data: Any) -> str:
    text = client.post(address, data, follow=True).content.decode()
    return " ".join(re.findall(r'role="status">(.*?)</div>', text, re.S))


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.COORDINATOR])
def test_only_the_quality_office_comes_here(role: Role, client: Client) -> None:
    f.plan()
    client.force_login(f.person(role))
    assert client.get("/plans/plan-2014/months/").status_code == 403
    assert client.post("/plans/plan-2014/months/2014-06/lock/").status_code == 403
    assert client.post("/plans/plan-2014/months/2014-06/reopen/", {"reason": "x"}).status_code == 403
    assert not MonthLock.objects.exists()


def test_a_month_is_closed_and_the_page_says_by_whom(office: Client) -> None:
    assert said(office, "/plans/plan-2014/months/2014-06/lock/")
    one = MonthLock.objects.get()
    assert (one.month, one.locked_by) == (JUNE, f.coordinator())
    assert str(f.coordinator()) in office.get("/plans/plan-2014/months/").content.decode()


def test_before_a_month_is_closed_the_page_tells_what_is_still_open(office: Client) -> None:
    measured = f.indicator("count", department=f.department())
    f.target(measured, threshold=10)
    page = office.get("/plans/plan-2014/months/").content.decode()
    assert page.count("尚有 0 项待审核、1 项未报送，封账后不能再审核或填报。") == 12
    f.official(f.entry(measured, "2014-03", 1))
    assert office.get("/plans/plan-2014/months/").content.decode().count("仍然封账") == 11


def test_a_month_is_closed_once_however_often_one_clicks(office: Client) -> None:
    said(office, "/plans/plan-2014/months/2014-06/lock/")
    assert "封账" in said(office, "/plans/plan-2014/months/2014-06/lock/")
    assert MonthLock.objects.count() == 1


def test_reopening_needs_a_reason_and_keeps_it_on_the_page(office: Client) -> None:
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    assert "原因" in said(office, "/plans/plan-2014/months/2014-06/reopen/", reason=" ")
    assert MonthLock.objects.closed({JUNE})
    said(office, "/plans/plan-2014/months/2014-06/reopen/", reason="更正抽检批次")
    assert not MonthLock.objects.closed({JUNE})
    assert "更正抽检批次" in office.get("/plans/plan-2014/months/").content.decode()


def test_an_open_month_is_not_reopened(office: Client) -> None:
    assert "封账" in said(office, "/plans/plan-2014/months/2014-06/reopen/", reason="x")


@pytest.mark.parametrize("month", ["2014-13", "x", "2013-06"])
def test_a_month_that_the_plan_has_not_is_not_found(month: str, office: Client) -> None:
    assert office.post(f"/plans/plan-2014/months/{month}/lock/").status_code == 404
    assert not MonthLock.objects.exists()


def test_each_month_counts_what_is_approved_waits_or_is_missing() -> None:
    bureau, plan = f.department(), f.plan()
    reporter = f.person(Role.REPORTER, bureau)
    first, second, quarterly = (
        f.indicator("count", department=bureau),
        f.indicator("count", department=bureau),
        f.indicator("count", department=bureau, frequency="quarterly"),
    )
    for one in (first, second, quarterly):
        f.target(one, threshold=10)
    f.official(f.entry(first, "2014-03", 0))
    f.handed_in(f.entry(second, "2014-03", 1), by=reporter)
    found = {one.month.number: (one.approved, one.waiting, one.missing) for one in standings_of_months(plan)}
    assert found[3] == (1, 1, 1)
    assert found[1] == (0, 0, 2)


def test_a_sum_of_counties_is_expected_from_each_county_and_not_from_the_city() -> None:
    city = f.region()
    for code in ("100101", "100102", "100103"):
        f.region(code, city)
    f.target(f.indicator("count", region_rule="sum"), threshold=10)
    assert standings_of_months(f.plan())[0].missing == 3


def test_a_correction_that_waits_counts_as_waiting_and_as_approved() -> None:
    bureau = f.department()
    reporter = f.person(Role.REPORTER, bureau)
    houses = f.indicator("count", department=bureau)
    f.target(houses, threshold=10)
    f.official(f.entry(houses, "2014-03", 1))
    f.handed_in(f.entry(houses, "2014-03", 2), by=reporter)
    march = standings_of_months(f.plan())[2]
    assert (march.approved, march.waiting, march.missing) == (1, 1, 0)


def test_the_page_takes_as_many_queries_for_many_figures_as_for_few(office: Client) -> None:
    def more(number: int) -> None:
        for _each in range(number):
            measured = f.indicator("count")
            f.target(measured, threshold=10)
            f.official(f.entry(measured, "2014-01", 1))

    more(1)
    close_plan_month(f.plan(), JUNE, by=f.coordinator())
    office.get("/plans/plan-2014/months/")
    with CaptureQueriesContext(connection) as few:
        office.get("/plans/plan-2014/months/")
    more(8)
    close_plan_month(f.plan(), Month(2014, 7), by=f.coordinator())
    office.get("/plans/plan-2014/months/")  # what follows from the plan's promises is read anew once
    with CaptureQueriesContext(connection) as many:
        office.get("/plans/plan-2014/months/")
    assert len(few) == len(many)
