"""Who never updates goes to the unit's reviewer, and some days later to the plan office."""

import html
from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.database.append_only import rewriting
from departments.models import User
from departments.notices import digest, matters
from departments.permissions import Role
from departments.rules.reminding import choose_matters
from plans.periods import Month
from targets.models import Revision
from targets.services.drafting import Typed, hand_in, save_draft
from targets.tests import factories as f
from tasks import clock
from tasks.models import SupervisionRules
from tasks.supervision.inactivity import silent_units
from tasks.supervision.reminders import supervision_matters_of
from tasks.tests import pressed as p

pytestmark = pytest.mark.django_db
TODAY = date(2014, 6, 9)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A unit that reports a figure, whose people logged in today and handed something in on the first of June."""
    monkeypatch.setattr(clock, "now", lambda: p.MONDAY)
    made = p.cast()
    made.measured = f.target(f.indicator("count", department=made.lead), "at_least", 9).indicator
    User.objects.update(last_login=p.MONDAY, date_joined=p.at(1, 1))
    figure(made, at=p.at(1))
    return made


def figure(world: SimpleNamespace, *, at: object) -> None:
    key = (world.measured.pk, f.region().pk, Month(2014, 4))
    save_draft(key, Typed(value="3"), version=0, by=world.reporter)
    made = hand_in([key], by=world.reporter)[0]
    with rewriting():
        Revision.objects.filter(pk=made.pk).update(created_at=at)


def found(world: SimpleNamespace) -> list[tuple[str, list[str], int]]:
    return [
        (one.unit.code, [absent.person.username for absent in one.people], one.quiet_days)
        for one in silent_units(world.plan, TODAY)
    ]


def test_whoever_logs_in_and_reports_is_not_on_the_list(world: SimpleNamespace) -> None:
    assert found(world) == []


def test_people_without_a_log_in_are_named_from_the_thirtieth_day(world: SimpleNamespace) -> None:
    User.objects.filter(pk=world.reporter.pk).update(last_login=p.at(11, 5))
    assert found(world) == []
    User.objects.filter(pk=world.reporter.pk).update(last_login=p.at(10, 5))
    assert found(world) == [(world.lead.code, [world.reporter.username], 0)]


def test_who_has_never_logged_in_counts_from_the_day_of_the_account(world: SimpleNamespace) -> None:
    User.objects.filter(pk=world.reviewer.pk).update(last_login=None, date_joined=p.at(1))
    assert found(world) == []
    User.objects.filter(pk=world.reviewer.pk).update(date_joined=p.at(1, 5))
    assert found(world) == [(world.lead.code, [world.reviewer.username], 0)]


def test_a_unit_without_figures_is_named_with_the_days(world: SimpleNamespace) -> None:
    with rewriting():
        Revision.objects.update(created_at=p.at(1, 5))
    assert found(world) == [(world.lead.code, [], 39)]


def test_the_days_are_the_offices(world: SimpleNamespace) -> None:
    SupervisionRules.objects.create(plan=world.plan, silence_days=5)
    assert found(world) == [(world.lead.code, [], 8)]


def test_a_unit_that_is_asked_for_nothing_is_left_alone(world: SimpleNamespace) -> None:
    User.objects.update(last_login=None)
    assert [code for code, _people, _days in found(world)] == [world.lead.code]


def test_a_unit_with_nobody_is_named(world: SimpleNamespace) -> None:
    lonely = f.department()
    f.target(f.indicator("count", department=lonely), "at_least", 9)
    assert lonely.code in [code for code, _people, _days in found(world)]


def told(day: date) -> dict[str, list[str]]:
    people = digest.active_people()
    everything = supervision_matters_of(people, day)
    return {
        one.username: [part.thing for part in lot]
        for one in people
        if (lot := choose_matters([each for each in everything[one.pk] if each.thing == "silence"], {}, day))
    }


def test_the_reviewer_hears_first_and_the_office_ten_days_later(world: SimpleNamespace) -> None:
    with rewriting():
        Revision.objects.update(created_at=p.at(11, 5))
    assert told(date(2014, 6, 9)) == {}
    assert told(date(2014, 6, 10)) == {world.reviewer.username: ["silence"]}
    assert set(told(date(2014, 6, 20))) == {world.reviewer.username, world.coordinator.username}


def test_the_digest_says_it_in_words(world: SimpleNamespace) -> None:
    with rewriting():
        Revision.objects.update(created_at=p.at(1, 5))
    digest.compose_digests(TODAY, p.MONDAY)
    lines = [line.text for one in world.reviewer.notices.all() for line in matters.lines_of_notice(one)]
    assert f"1 个单位超过30天未登录或未报数据：{world.lead.short_name}。" in lines


def test_a_reviewer_sees_the_own_unit_and_the_office_all(world: SimpleNamespace) -> None:
    other = f.department()
    f.target(f.indicator("count", department=other), "at_least", 9)
    with rewriting():
        Revision.objects.update(created_at=p.at(1, 5))

    def page(user: User) -> str:
        client = Client()
        client.force_login(user)
        return html.unescape(client.get("/plans/plan-2014/silence/").content.decode())

    assert all(one.short_name in page(world.coordinator) for one in (world.lead, other))
    assert (world.lead.short_name in page(world.reviewer), other.short_name in page(world.reviewer)) == (True, False)
    with rewriting():
        Revision.objects.update(created_at=p.MONDAY)
    assert "各单位均正常登录、报送" in page(world.reviewer)


def test_more_units_and_people_take_no_further_query(world: SimpleNamespace) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            silent_units(world.plan, TODAY)
        return len(captured)

    few = queries()
    for _each in range(4):
        unit = f.department()
        f.target(f.indicator("count", department=unit), "at_least", 9)
        f.person(Role.REPORTER, unit)
    assert queries() == few
