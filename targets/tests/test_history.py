"""The history of a figure: who sees it, what it tells, and who withdraws."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department
from departments.permissions import Role
from plans.periods import Month
from targets.models import Observation, Revision
from targets.services.locking import close_plan_month
from targets.services.reviewing import approve_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> SimpleNamespace:
    office = f.department()
    made = SimpleNamespace(
        office=office,
        houses=f.indicator("count", department=office),
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
    )
    made.promise = f.target(made.houses, threshold=100)
    made.address = f"/figures/{made.houses.code}/{f.region().code}/2014-01/"
    return made


def entered(cast: SimpleNamespace, value: int, **values: Any) -> Revision:
    return f.handed_in(f.entry(cast.houses, "2014-01", value, **values), by=cast.reporter)


def official(cast: SimpleNamespace, value: int = 7, **values: Any) -> Revision:
    return approve_revision(entered(cast, value, **values), by=cast.reviewer)


def seen(client: Client, user: Any, address: str) -> str:
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def said(client: Client, address: str, **data: Any) -> str:
    text = client.post(address, data, follow=True).content.decode()
    return " ".join(re.findall(r'role="status">(.*?)</div>', text, re.S))


def test_it_tells_who_when_what_why_and_from_where(client: Client, cast: SimpleNamespace) -> None:
    official(cast, 7, note="集中排查")
    second = f.handed_in(f.entry(cast.houses, "2014-01", 9), by=cast.reporter, reason="漏报两户")
    approve_revision(second, by=cast.reviewer)
    page = seen(client, cast.reviewer, cast.address)
    for text in (
        "7\u00a0户",
        "9\u00a0户",
        "集中排查",
        "漏报两户",
        "录入",
        str(cast.reporter),
        str(cast.reviewer),
        "已审核",
    ):
        assert text in page, text
    assert page.index("9\u00a0户") < page.index("7\u00a0户")


def test_a_returned_entry_shows_its_reason(client: Client, cast: SimpleNamespace) -> None:
    revision = entered(cast, 7)
    client.force_login(cast.reviewer)
    client.post(f"/revisions/{revision.pk}/return/", {"reason": "口径不符"})
    assert "口径不符" in seen(client, cast.reporter, cast.address)


@pytest.mark.parametrize("role", [Role.REPORTER, Role.REVIEWER, Role.COUNTY])
def test_a_figure_of_others_is_not_found(role: Role, client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    elsewhere = f.department(f.region("100200"))
    client.force_login(f.person(role, elsewhere))
    assert client.get(cast.address).status_code == 404


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.LEADER, Role.ADMINISTRATOR])
def test_whoever_sees_all_reads_it(role: Role, client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    assert "7\u00a0户" in seen(client, f.person(role), cast.address)


def test_a_county_reads_its_own(client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    assert "7\u00a0户" in seen(client, f.person(Role.COUNTY, f.department(f.region())), cast.address)


def test_nobody_without_a_log_in_reads_it(client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    assert client.get(cast.address).status_code == 302


@pytest.mark.parametrize("month", ["2014-13", "x", "2014-02", "0000-01"])
def test_a_month_without_a_figure_is_not_found(month: str, client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    client.force_login(cast.reviewer)
    assert client.get(cast.address.replace("2014-01", month)).status_code == 404


def test_a_withdrawn_figure_is_gone_and_everything_is_judged_anew(client: Client, cast: SimpleNamespace) -> None:
    revision = official(cast, 100)
    f.recompute()
    assert f.attainment(cast.promise, "2014-01").verdict == "met"
    client.force_login(cast.reviewer)
    assert cast.houses.name in said(client, f"/revisions/{revision.pk}/withdraw/", reason="口径有误")
    f.recompute()
    assert f.attainment(cast.promise, "2014-01").verdict == "no_data"
    assert Observation.objects.get().value is None
    assert "口径有误" in seen(client, cast.reviewer, cast.address)


def test_a_withdrawal_needs_a_reason(client: Client, cast: SimpleNamespace) -> None:
    revision = official(cast)
    client.force_login(cast.reviewer)
    assert "原因" in said(client, f"/revisions/{revision.pk}/withdraw/", reason=" ")
    assert Observation.objects.get().value == 7


def test_a_second_withdrawal_changes_nothing_and_says_so(client: Client, cast: SimpleNamespace) -> None:
    revision = official(cast)
    client.force_login(cast.reviewer)
    said(client, f"/revisions/{revision.pk}/withdraw/", reason="口径有误")
    assert "状态" in said(client, f"/revisions/{revision.pk}/withdraw/", reason="又一次")
    assert [one.reason for one in revision.decisions.filter(verb="withdraw")] == ["口径有误"]


def test_a_closed_month_refuses_a_withdrawal_with_a_sentence(client: Client, cast: SimpleNamespace) -> None:
    revision = official(cast)
    close_plan_month(f.plan(), Month(2014, 1), by=f.coordinator())
    page = seen(client, cast.reviewer, cast.address)
    assert "/withdraw/" not in page
    assert "封账" in said(client, f"/revisions/{revision.pk}/withdraw/", reason="口径有误")
    assert Observation.objects.get().value == 7


OTHERS = [(Role.REPORTER, True), (Role.LEADER, True), (Role.COUNTY, True), (Role.REVIEWER, False)]


@pytest.mark.parametrize(("role", "here"), OTHERS)
def test_who_may_not_withdraw_has_no_button_and_is_refused(
    role: Role, here: bool, client: Client, cast: SimpleNamespace
) -> None:
    revision = official(cast)
    person = f.person(role, cast.office if here else None)
    client.force_login(person)
    page = client.get(cast.address).content.decode()
    assert f"/revisions/{revision.pk}/withdraw/" not in page
    refused = client.post(f"/revisions/{revision.pk}/withdraw/", {"reason": "x"}).status_code
    assert refused == (403 if here else 404)


def test_a_coordinator_may_withdraw(client: Client, cast: SimpleNamespace) -> None:
    revision = official(cast)
    assert f"/revisions/{revision.pk}/withdraw/" in seen(client, f.coordinator(), cast.address)


def test_whoever_may_enter_is_led_to_the_worksheet(client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    county: Department = f.department(f.region())
    assert f"/worksheet/{cast.office.code}/2014-01/" in seen(client, cast.reporter, cast.address)
    assert f"/worksheet/{cast.office.code}/2014-01/" in seen(client, f.coordinator(), cast.address)
    assert f"/worksheet/{county.code}/2014-01/" in seen(client, f.person(Role.COUNTY, county), cast.address)
    assert "/worksheet/" not in seen(client, cast.reviewer, cast.address)
    close_plan_month(f.plan(), Month(2014, 1), by=f.coordinator())
    assert "/worksheet/" not in seen(client, cast.reporter, cast.address)


def test_the_target_page_leads_to_it(client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    f.recompute()
    assert cast.address in seen(client, cast.reviewer, f"/plans/plan-2014/targets/{cast.promise.code}/")


def test_a_long_history_takes_as_many_queries_as_a_short_one(client: Client, cast: SimpleNamespace) -> None:
    official(cast)
    client.force_login(cast.reviewer)
    client.get(cast.address)
    with CaptureQueriesContext(connection) as short:
        client.get(cast.address)
    for value in range(8, 20):
        official(cast, value)
    with CaptureQueriesContext(connection) as long:
        client.get(cast.address)
    assert len(short) == len(long)
