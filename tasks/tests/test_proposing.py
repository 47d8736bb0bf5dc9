"""What slips is proposed by rule: once a matter, with the sentence of why, and anew only upon new evidence."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from departments.database.append_only import rewriting
from plans.periods import Month
from targets.models import Target, TargetAssignment
from targets.services.drafting import Typed, hand_in, save_draft
from targets.tests import factories as f
from tasks import clock
from tasks.models import (
    Assignment,
    Milestone,
    ProgressReport,
    SupervisionNotice,
    SupervisionRules,
    SupervisionStep,
    Task,
)
from tasks.reading.findings import findings
from tasks.rules.supervising import SupervisionState
from tasks.services import supervision as services
from tasks.services.proposing import propose_by_rule
from tasks.tests import pressed as p
from tasks.wording.grounds import explain_notice_grounds

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> SimpleNamespace:
    return p.cast()


def proposed(kind: str) -> list[SupervisionNotice]:
    return [one for one in SupervisionNotice.objects.order_by("pk") if one.grounds.get("kind") == kind]


# --- A late milestone


def test_a_late_milestone_is_proposed_with_its_units_and_the_reason(world: SimpleNamespace) -> None:
    assert propose_by_rule(now=p.MONDAY) == 1
    notice = SupervisionNotice.objects.get()
    assert (notice.state, notice.origin, notice.lead, notice.task) == ("proposed", "rule", world.lead, world.task)
    assert notice.milestone == world.task.milestones.get()
    with translation.override("en"):
        assert explain_notice_grounds(notice.grounds) == (
            'The milestone "节点t" of the task "任务t" was due on May 31, 2014 and is not done.'
        )
    assert "节点t" in notice.title
    assert "滞后原因" in notice.demand
    step = SupervisionStep.objects.get()
    assert (step.verb, step.by, step.from_state) == ("propose", None, "")


def test_a_milestone_is_late_from_the_day_after_its_due_day(world: SimpleNamespace) -> None:
    Milestone.objects.update(due=date(2014, 6, 9))
    assert propose_by_rule(now=p.at(9)) == 0
    assert propose_by_rule(now=p.at(10)) == 1


def test_what_is_done_is_not_proposed(world: SimpleNamespace) -> None:
    Milestone.objects.update(done_on=date(2014, 6, 8))
    assert propose_by_rule(now=p.MONDAY) == 0


def test_a_repeated_run_proposes_nothing_twice(world: SimpleNamespace) -> None:
    assert [propose_by_rule(now=p.MONDAY), propose_by_rule(now=p.MONDAY), propose_by_rule(now=p.at(20))] == [1, 0, 0]


def test_another_run_that_was_quicker_leaves_one_proposal(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose_by_rule(now=p.MONDAY)
    monkeypatch.setattr("tasks.services.proposing._known", lambda matters: {})
    p.task(world.lead, code="second")
    assert propose_by_rule(now=p.MONDAY) == 1
    assert SupervisionNotice.objects.count() == SupervisionStep.objects.count() == 2


@pytest.mark.parametrize("state", list(SupervisionState))
def test_a_matter_is_not_proposed_again_on_the_same_evidence(world: SimpleNamespace, state: SupervisionState) -> None:
    propose_by_rule(now=p.MONDAY)
    notice = SupervisionNotice.objects.get()
    for verb in p.WAYS[state]:
        notice = p.take(notice, verb, world)
    assert propose_by_rule(now=p.at(20)) == 0


def test_a_milestone_moved_and_late_again_is_proposed_again_once_the_first_has_ended(world: SimpleNamespace) -> None:
    propose_by_rule(now=p.MONDAY)
    Milestone.objects.update(due=date(2014, 6, 20))
    assert propose_by_rule(now=p.at(24)) == 0
    services.reject_notice(SupervisionNotice.objects.get(), by=world.coordinator, reason="已延期", now=p.at(24))
    assert propose_by_rule(now=p.at(24)) == 1


def test_a_task_that_nobody_leads_waits_for_the_coordinator_to_name_somebody(world: SimpleNamespace) -> None:
    p.task(None, code="nobody")
    propose_by_rule(now=p.MONDAY)
    assert SupervisionNotice.objects.get(task__code="nobody").lead is None


@pytest.mark.parametrize(
    ("today", "number"), [(date(2014, 12, 31), 1), (date(2015, 3, 1), 1), (date(2015, 3, 2), 0), (date(2026, 6, 1), 0)]
)
def test_a_plan_of_long_ago_proposes_nothing(world: SimpleNamespace, today: date, number: int) -> None:
    moment = p.MONDAY.replace(year=today.year, month=today.month, day=today.day)
    assert propose_by_rule(now=moment) == number


# --- Months of red light


def red(world: SimpleNamespace, *months: str, **values: Any) -> Target:
    """A target led by the unit that is missed by the figures of these months."""
    Milestone.objects.all().delete()
    promise = f.target(f.indicator("ratio", department=world.lead), "at_least", 92, **values)
    TargetAssignment.objects.create(target=promise, department=world.lead, role="lead")
    f.official(*(f.entry(promise.indicator, month, 50, 100) for month in months))
    return promise


def test_two_months_of_red_are_proposed_once_the_second_deadline_has_passed(world: SimpleNamespace) -> None:
    promise = red(world, "2014-01", "2014-02")
    assert propose_by_rule(now=p.at(10, 2)) == 0
    assert propose_by_rule(now=p.at(5, 3)) == 0
    assert propose_by_rule(now=p.at(6, 3)) == 1
    notice = SupervisionNotice.objects.get()
    assert (notice.target, notice.lead, notice.evidence) == (promise, world.lead, date(2014, 2, 28))
    with translation.override("zh-hans"):
        assert explain_notice_grounds(notice.grounds).endswith("连续亮红灯：2014年1月、2014年2月。")


def test_a_green_month_between_breaks_the_row(world: SimpleNamespace) -> None:
    promise = red(world, "2014-01")
    f.official(f.entry(promise.indicator, "2014-02", 1000, 1000))
    f.official(f.entry(promise.indicator, "2014-03", 0, 1000))
    propose_by_rule(now=p.at(10, 4))
    assert not proposed("red_months")


def test_an_aspirational_target_is_not_pressed(world: SimpleNamespace) -> None:
    red(world, "2014-01", "2014-02", firmness="aspirational")
    assert propose_by_rule(now=p.at(6, 3)) == 0


def test_the_number_of_months_is_the_offices(world: SimpleNamespace) -> None:
    SupervisionRules.objects.create(plan=world.plan, red_months=3)
    red(world, "2014-01", "2014-02", "2014-03")
    propose_by_rule(now=p.at(10, 3))
    assert not proposed("red_months")
    propose_by_rule(now=p.at(10, 4))
    assert len(proposed("red_months")) == 1


def test_two_further_months_of_red_after_a_closed_matter_are_a_new_one(world: SimpleNamespace) -> None:
    red(world, "2014-01", "2014-02", "2014-03", "2014-04")
    propose_by_rule(now=p.at(10, 3))
    services.reject_notice(proposed("red_months")[0], by=world.coordinator, reason="已约谈", now=p.at(10, 3))
    propose_by_rule(now=p.at(10, 4))
    assert len(proposed("red_months")) == 1
    propose_by_rule(now=p.at(10, 5))
    assert len(proposed("red_months")) == 2


# --- Months without figures


def test_a_unit_that_reports_nothing_for_two_months_is_proposed_once(world: SimpleNamespace) -> None:
    Milestone.objects.all().delete()
    for _each in range(3):
        f.target(f.indicator("ratio", department=world.lead), "at_least", 92)
    assert propose_by_rule(now=p.at(10, 2)) == 0
    assert propose_by_rule(now=p.at(10, 3)) == 1
    assert propose_by_rule(now=p.at(10, 4)) == 0
    notice = SupervisionNotice.objects.get()
    assert notice.lead == world.lead
    with translation.override("en"):
        said = "has handed in none of the 6 figures expected for January 2014, February 2014."
        assert explain_notice_grounds(notice.grounds) == f"{world.lead} {said}"


def test_one_figure_that_waits_for_review_is_enough(world: SimpleNamespace) -> None:
    Milestone.objects.all().delete()
    promises = [f.target(f.indicator("count", department=world.lead), "at_least", 9) for _each in range(2)]
    key = (promises[0].indicator_id, f.region().pk, Month(2014, 2))
    save_draft(key, Typed(value="3"), version=0, by=world.reporter)
    hand_in([key], by=world.reporter)
    assert propose_by_rule(now=p.at(10, 3)) == 0


def test_a_quarterly_figure_is_late_by_quarters(world: SimpleNamespace) -> None:
    Milestone.objects.all().delete()
    f.target(f.indicator("ratio", department=world.lead, frequency="quarterly"), "at_least", 92)
    assert propose_by_rule(now=p.at(10, 5)) == 0
    assert propose_by_rule(now=p.at(10, 7)) == 1


# --- As a whole


def test_more_promises_take_no_further_query(world: SimpleNamespace) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            findings(world.plan, date(2014, 6, 9))
        return len(captured)

    red(world, "2014-04", "2014-05")
    p.task(world.lead, code="late-0")
    p.task(f.department(), code="silent")
    few = queries()
    for number in range(1, 5):
        p.task(f.department(), code=f"late-{number}")
        promise = f.target(f.indicator("ratio", department=f.department()), "at_least", 92)
        TargetAssignment.objects.create(target=promise, department=f.department(), role="lead")
        f.official(f.entry(promise.indicator, "2014-04", 1, 100))
    assert queries() == few


def test_the_command_says_how_many(
    world: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clock, "now", lambda: p.MONDAY)
    call_command("supervise")
    p.take(SupervisionNotice.objects.get(), "issue", world)
    monkeypatch.setattr(clock, "now", lambda: p.MONDAY + timedelta(days=40))
    call_command("supervise")
    assert capsys.readouterr().out.split("\n")[:2] == ["1 件建议督办，0 件逾期上报。", "0 件建议督办，2 件逾期上报。"]


# --- Months without a report


def without_reports(world: SimpleNamespace) -> SimpleNamespace:
    Milestone.objects.update(done_on=date(2014, 5, 1))
    with rewriting():
        ProgressReport.objects.all().delete()
    return world


def test_two_months_without_a_report_are_proposed_once_for_the_unit(world: SimpleNamespace) -> None:
    p.task(without_reports(world).lead, code="second")
    Milestone.objects.update(done_on=date(2014, 5, 1))
    assert [propose_by_rule(now=p.MONDAY), propose_by_rule(now=p.MONDAY)] == [1, 0]
    (notice,) = proposed("no_report")
    assert (notice.lead, str(notice.task)) == (world.lead, "任务second")
    with translation.override("en"):
        assert explain_notice_grounds(notice.grounds) == (
            f"{world.lead.short_name} has handed in no report on any of the 2 tasks for which it speaks for "
            "April 2014, May 2014."
        )


@pytest.mark.parametrize("month", ["2014-04", "2014-05"])
def test_a_report_in_one_of_the_months_is_enough(world: SimpleNamespace, month: str) -> None:
    p.reported(without_reports(world).task, world.lead, Month.parse(month))
    assert propose_by_rule(now=p.MONDAY) == 0


def test_before_two_months_have_passed_nobody_is_silent(world: SimpleNamespace) -> None:
    without_reports(world)
    assert [propose_by_rule(now=p.at(5, month=3)), propose_by_rule(now=p.at(10, month=3))] == [0, 1]


def test_where_nobody_leads_those_who_share_are_asked_and_those_who_support_are_not(world: SimpleNamespace) -> None:
    without_reports(world)
    Assignment.objects.update(role="shared")
    Assignment.objects.create(task=world.task, department=world.support, role="support", quote="目标")
    assert propose_by_rule(now=p.MONDAY) == 1
    assert [one.lead for one in proposed("no_report")] == [world.lead]


def test_of_a_closed_task_nobody_reports(world: SimpleNamespace) -> None:
    without_reports(world)
    Task.objects.update(closed_on=date(2014, 5, 1), closed_by=world.coordinator)
    assert propose_by_rule(now=p.MONDAY) == 0


# --- A milestone that is counted elsewhere


def counted(world: SimpleNamespace, done: int) -> None:
    """A milestone that takes its progress from a count of 100, of which so many are reported for May."""
    measured = f.indicator("count")
    promise = f.target(measured, threshold=100, due=date(2014, 5, 31))
    f.official(f.entry(measured, "2014-05", done))
    Milestone.objects.update(counted_by=promise)


def test_a_count_that_is_reached_is_not_late(world: SimpleNamespace) -> None:
    counted(world, 100)
    propose_by_rule(now=p.MONDAY)
    assert proposed("late_milestone") == []


def test_a_count_that_is_not_reached_by_its_day_is_late(world: SimpleNamespace) -> None:
    counted(world, 99)
    propose_by_rule(now=p.MONDAY)
    assert [one.milestone for one in proposed("late_milestone")] == list(Milestone.objects.all())


def test_of_a_closed_task_no_milestone_is_late(world: SimpleNamespace) -> None:
    Task.objects.update(closed_on=date(2014, 5, 1), closed_by=world.coordinator)
    propose_by_rule(now=p.MONDAY)
    assert proposed("late_milestone") == []
