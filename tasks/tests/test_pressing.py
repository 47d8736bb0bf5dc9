"""Of what in supervision people are reminded, and what other pages show of it."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.notices import digest, matters
from departments.permissions import Role
from departments.rules.reminding import choose_matters
from targets.models import TargetAssignment
from targets.tests import factories as f
from tasks import clock
from tasks.rules.supervising import SupervisionState
from tasks.services import supervision as services
from tasks.services.escalating import escalate
from tasks.supervision.reminders import supervision_matters_of
from tasks.tests import pressed as p
from tasks.tests.pressed import page

pytestmark = pytest.mark.django_db


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(clock, "now", lambda: p.MONDAY)
    return p.cast()


def told(day: date) -> dict[str, list[str]]:
    """Who is reminded of what on a day on which nobody was before."""
    people = digest.active_people()
    found = supervision_matters_of(people, day)
    return {
        one.username: [part.thing for part in lot]
        for one in people
        if (lot := choose_matters(found.get(one.pk, []), {}, day))
    }


def test_the_unit_is_reminded_on_the_day_before_and_after_the_limit(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    thing = f"supervision:{notice.pk}:1"
    assert told(date(2014, 6, 10)) == {}
    for day in (11, 13):
        assert told(date(2014, 6, day)) == {world.reporter.username: [thing], world.reviewer.username: [thing]}


def test_the_coordinator_hears_of_proposals_and_answers_in_one_line_each(world: SimpleNamespace) -> None:
    for state in (
        SupervisionState.PROPOSED,
        SupervisionState.PROPOSED,
        SupervisionState.ANSWERED,
        SupervisionState.VERIFIED,
    ):
        p.notice(world, state)
    assert told(date(2014, 6, 10)) == {world.coordinator.username: ["supervision_proposed", "supervision_to_verify"]}


def test_the_leadership_hears_weekly_of_what_was_escalated_to_it(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    escalate(now=p.at(18))
    assert world.leader.username not in told(date(2014, 6, 18))
    assert told(date(2014, 6, 19))[world.leader.username] == ["supervision_late"]
    services.withdraw_notice(notice, by=world.coordinator, reason="并案", now=p.at(18))
    assert told(date(2014, 6, 19)) == {}


def test_every_reminder_has_its_words(world: SimpleNamespace) -> None:
    for state in (SupervisionState.PROPOSED, SupervisionState.ISSUED, SupervisionState.ANSWERED):
        p.notice(world, state)
    escalate(now=p.at(18))
    digest.compose_digests(date(2014, 6, 19), p.at(19))
    for one in (*world.coordinator.notices.all(), *world.leader.notices.all(), *world.reporter.notices.all()):
        assert len(matters.lines_of_notice(one)) == len(one.parts) > 0


def test_more_people_and_notices_take_no_further_query(world: SimpleNamespace) -> None:
    def queries() -> int:
        people = digest.active_people()
        with CaptureQueriesContext(connection) as captured:
            supervision_matters_of(people, date(2014, 6, 11))
        return len(captured)

    p.notice(world, SupervisionState.ISSUED)
    few = queries()
    for _each in range(4):
        p.notice(world, SupervisionState.ISSUED, lead=f.department())
        f.person(Role.REPORTER, world.lead)
    assert queries() == few


# --- On other pages ---------------------------------------------------------------------------------------------------


def test_the_desk_shows_what_is_to_be_received_or_answered(world: SimpleNamespace) -> None:
    waits = p.notice(world, SupervisionState.RECEIVED, title="待反馈事项")
    p.notice(world, SupervisionState.ANSWERED, title="已反馈事项")
    text = page(world.reporter, "/desk/")
    assert (waits.title in text, "已反馈事项" in text) == (True, False)
    assert waits.title not in page(world.helper, "/desk/")


def test_a_departments_page_shows_what_is_open_to_those_who_may_see_it(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    p.notice(world, SupervisionState.CLOSED, title="办结事项")
    p.notice(world, title="拟办事项")
    address = f"/plans/plan-2014/departments/{world.lead.code}/"
    for user in (world.leader, world.coordinator, world.reporter):
        text = page(user, address)
        assert notice.title in text
        assert "办结事项" not in text
        assert "拟办事项" not in text
    assert notice.title not in page(world.stranger, address)


def test_the_pages_of_task_and_target_show_what_is_open_about_them(world: SimpleNamespace) -> None:
    promise = f.target(f.indicator("ratio", department=world.lead), "at_least", 92)
    TargetAssignment.objects.create(target=promise, department=world.lead, role="lead")
    about_task = p.notice(world, SupervisionState.ISSUED, title="任务督办")
    about_target = p.notice(world, SupervisionState.ISSUED, title="目标督办", task=None, target=promise)
    assert about_task.title in page(world.leader, f"/plans/plan-2014/tasks/{world.task.code}/")
    text = page(world.leader, f"/plans/plan-2014/targets/{promise.code}/")
    assert (about_target.title in text, about_task.title in text) == (True, False)
    assert about_target.title not in page(world.stranger, f"/plans/plan-2014/targets/{promise.code}/")
