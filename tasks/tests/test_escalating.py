"""A limit that passes goes to the reviewer, then to the leadership: once a round, never while the office is at it."""

from datetime import date
from types import SimpleNamespace

import pytest
from django.db import IntegrityError, transaction

from departments.models import Notice
from departments.notices import matters
from departments.permissions import Role
from plans.models import CalendarDay
from targets.tests import factories as f
from tasks.models import SupervisionNotice, SupervisionRules, SupervisionStep
from tasks.rules.supervising import SupervisionState
from tasks.services import supervision as services
from tasks.services.escalating import escalate
from tasks.tests import pressed as p

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SimpleNamespace:
    """Issued on Monday the 9th with three working days: the limit ends on Thursday the 12th."""
    return p.cast()


def levels(notice: SupervisionNotice) -> list[tuple[str, date, int]]:
    rows = SupervisionStep.objects.filter(notice=notice, verb="escalate").order_by("pk")
    return [(one.level, one.at.date(), one.round) for one in rows]


def test_the_reviewer_on_the_day_after_and_the_leadership_three_working_days_later(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    taken = [escalate(now=p.at(day)) for day in range(12, 21)]
    assert taken == [0, 1, 0, 0, 0, 0, 1, 0, 0]
    assert levels(notice) == [("reviewer", date(2014, 6, 13), 1), ("leader", date(2014, 6, 18), 1)]
    notice.refresh_from_db()
    assert (notice.state, notice.level) == ("received", "leader")


def test_days_off_do_not_count_for_the_leadership_either(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    CalendarDay.objects.create(day=date(2014, 6, 16), kind="holiday", name="节日")
    SupervisionRules.objects.create(plan=world.plan, leader_after=2)
    for day in range(13, 20):
        escalate(now=p.at(day))
    assert levels(notice)[1] == ("leader", date(2014, 6, 18), 1)


def test_a_repeated_run_escalates_once_and_a_missed_one_makes_up_in_order(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    assert [escalate(now=p.at(30)), escalate(now=p.at(30)), escalate(now=p.at(30, 7))] == [2, 0, 0]
    assert [level for level, _day, _round in levels(notice)] == ["reviewer", "leader"]


@pytest.mark.parametrize(
    "state",
    [
        one
        for one in SupervisionState
        if one not in (SupervisionState.ISSUED, SupervisionState.RECEIVED, SupervisionState.REWORK)
    ],
)
def test_what_does_not_wait_for_the_unit_is_not_escalated(world: SimpleNamespace, state: SupervisionState) -> None:
    p.notice(world, state)
    assert escalate(now=p.at(30, 12)) == 0


def test_each_round_of_rework_is_escalated_anew(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    escalate(now=p.at(13))
    services.answer_notice(notice, by=world.reporter, text="已办", now=p.at(13))
    services.return_notice_for_rework(notice, by=world.coordinator, reason="不具体", now=p.at(16))
    assert escalate(now=p.at(19)) == 0
    assert escalate(now=p.at(20)) == 1
    assert [(level, number) for level, _day, number in levels(notice)] == [("reviewer", 1), ("reviewer", 2)]


def test_those_are_told_to_whom_it_goes(world: SimpleNamespace) -> None:
    p.notice(world, SupervisionState.ISSUED)
    escalate(now=p.at(13))
    told = Notice.objects.filter(kind="supervision_escalate")
    assert {one.user for one in told} == {world.reviewer}
    assert "逾期未反馈" in matters.lines_of_notice(told[0])[0].text
    escalate(now=p.at(18))
    assert {one.user for one in told.all()} == {world.reviewer, world.leader}


def test_a_unit_without_a_reviewer_is_escalated_all_the_same(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED, lead=f.department())
    f.person(Role.REVIEWER)
    escalate(now=p.at(13))
    assert [level for level, _day, _round in levels(notice)] == ["reviewer"]
    assert not Notice.objects.filter(kind="supervision_escalate").exists()


def test_the_database_refuses_a_second_escalation_of_a_round(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ISSUED)
    escalate(now=p.at(13))
    with pytest.raises(IntegrityError), transaction.atomic():
        SupervisionStep.objects.create(
            notice=notice, verb="escalate", to_state="issued", round=1, level="reviewer", at=p.at(14)
        )
