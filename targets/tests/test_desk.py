"""My desk: which month, by when, how many, what came back, what waits for me."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from departments.permissions import Role
from plans.periods import Month
from targets.entering.desk import DeskMonth, desk_of
from targets.expected.deadlines import last_month_with_data, reporting_month
from targets.models import Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import approve_revision, return_revision
from targets.tests import factories as f

pytestmark = pytest.mark.django_db

JUNE = Month(2014, 6)


@pytest.fixture
def cast() -> SimpleNamespace:
    office = f.department()
    return SimpleNamespace(
        plan=f.plan(),
        office=office,
        measured=[f.indicator("count", department=office) for _one in range(5)],
        reporter=f.person(Role.REPORTER, office),
        reviewer=f.person(Role.REVIEWER, office),
        leader=f.person(Role.LEADER),
    )


def hand_in_one(cast: SimpleNamespace, number: int, value: str = "3") -> Revision:
    key = (cast.measured[number].pk, f.region().pk, JUNE)
    save_draft(key, Typed(value=value), version=0, by=cast.reporter)
    return hand_in([key], by=cast.reporter)[0]


def on_desk(cast: SimpleNamespace, month: Month, today: date) -> DeskMonth:
    return desk_of(cast.reporter, today, month).months[0]


@pytest.mark.parametrize(
    ("today", "last", "month"),
    [
        (date(2014, 7, 3), None, "2014-06"),
        (date(2014, 7, 3), "2014-03", "2014-06"),
        (date(2015, 1, 4), "2014-11", "2014-12"),
        (date(2014, 1, 20), None, "2014-01"),
        (date(2026, 5, 1), "2014-09", "2014-10"),
        (date(2026, 5, 1), "2014-12", "2014-12"),
        (date(2026, 5, 1), None, "2014-01"),
    ],
)
def test_the_month_before_today_is_reported_or_else_the_one_after_the_data(
    today: date, last: str | None, month: str, cast: SimpleNamespace
) -> None:
    assert str(reporting_month(cast.plan, today, Month.parse(last) if last else None)) == month


def test_the_deadline_is_the_first_working_day_from_the_plans_day_of_the_next_month_on(cast: SimpleNamespace) -> None:
    limit = on_desk(cast, JUNE, date(2014, 7, 2)).limits[0]
    assert (limit.deadline.day, limit.days_left) == (date(2014, 7, 7), 5)
    assert on_desk(cast, Month(2014, 12), date(2015, 1, 6)).limits[0].days_left == -1


def test_each_figure_is_counted_once_by_where_it_stands(cast: SimpleNamespace) -> None:
    save_draft((cast.measured[0].pk, f.region().pk, JUNE), Typed(value="3"), version=0, by=cast.reporter)
    hand_in_one(cast, 1)
    return_revision(hand_in_one(cast, 2), by=cast.reviewer, reason="漏报")
    approve_revision(hand_in_one(cast, 3), by=cast.reviewer)
    desk = on_desk(cast, JUNE, date(2014, 7, 2))
    one = desk.duties[0]
    assert (one.due, one.open, one.drafted, one.submitted, one.returned, one.approved) == (5, 1, 1, 1, 1, 1)
    assert [(back.department, back.revision.return_reason) for back in desk.returned] == [(cast.office, "漏报")]


def test_the_page_says_all_of_it_and_leads_there(cast: SimpleNamespace) -> None:
    return_revision(hand_in_one(cast, 2), by=cast.reviewer, reason="漏报三月")
    client = Client()
    client.force_login(cast.reporter)
    text = client.get("/desk/?month=2014-06").content.decode()
    assert "漏报三月" in text
    assert f'href="/worksheet/{cast.office.code}/2014-06/#row-{cast.measured[2].pk}"' in text


def test_a_reviewer_sees_how_many_wait_and_not_the_own_ones(cast: SimpleNamespace) -> None:
    hand_in_one(cast, 1)
    client = Client()
    client.force_login(cast.reviewer)
    answer = client.get("/desk/")
    assert answer.context["waiting"] == 1
    assert 'href="/reviews/"' in answer.content.decode()
    assert not answer.context["desk"].months


def test_a_leader_has_no_desk_and_no_link_to_one(cast: SimpleNamespace) -> None:
    client = Client()
    client.force_login(cast.leader)
    assert client.get("/desk/").status_code == 403
    assert 'href="/desk/"' not in client.get("/").content.decode()
    client.force_login(cast.reporter)
    assert 'href="/desk/"' in client.get("/").content.decode()
    assert Client().get("/desk/").status_code == 302


def test_the_last_month_with_data_is_the_last_official_one(cast: SimpleNamespace) -> None:
    f.target(cast.measured[0], threshold=100)
    f.recompute()
    assert last_month_with_data(cast.plan) is None
    f.official(f.entry(cast.measured[0], "2014-03", 5), f.entry(cast.measured[0], "2013-12", 5))
    hand_in_one(cast, 1)
    assert last_month_with_data(cast.plan) == Month(2014, 3)


def test_the_desk_takes_as_many_queries_for_many_units_as_for_few(cast: SimpleNamespace) -> None:
    office = f.coordinator()

    def queries() -> int:
        client = Client()
        client.force_login(office)
        with CaptureQueriesContext(connection) as captured, translation.override("en"):
            assert client.get("/desk/?month=2014-06").status_code == 200
        return len(captured)

    few = queries()
    for _unit in range(6):
        f.indicator("count", department=f.department())
    hand_in_one(cast, 1)
    hand_in_one(cast, 2)
    assert queries() == few
