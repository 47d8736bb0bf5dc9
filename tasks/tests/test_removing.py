"""A plan is taken away whole, and nothing else with it."""

import io
from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import models

from departments.models import AuditEvent
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from targets.models import Attainment, DataQuestion, MonthLock, Observation, Quota, Step, Target
from targets.services.dirty import promises_changed
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.tests import factories as f
from targets.tests.questions import asked_about
from tasks.models import SupervisionNotice
from tasks.services.attachments import attach_to_report
from tasks.services.commenting import write_comment
from tasks.services.removing import HANGING, remove_plan
from tasks.services.reporting import save_report
from tasks.services.signing import sign_off
from tasks.services.supervision import NoticeProposal, issue_notice, propose_notice
from tasks.tests.cast import approved, cast, paper, said
from tasks.tests.pressed import MONDAY

pytestmark = pytest.mark.django_db


def in_full_use(*, demonstration: bool = True) -> Plan:
    """A plan with everything that can hang on one."""
    people = cast()
    plan: Plan = people.task.plan
    plan.demonstration = demonstration
    plan.save()
    promise = f.target(f.indicator("count"), threshold=120)
    Step.objects.create(target=promise, due=date(2014, 6, 30), threshold=50)
    f.official(f.entry(promise.indicator, "2014-03", 20))
    f.change_rule(promise, Month(2014, 2), threshold=100)
    attach_to_report(people.place, paper(), by=people.reporter)
    save_report(people.place, said("待核"), version=0, by=f.person(Role.REPORTER, people.lead))
    words = said(**{f"m{people.open.pk}": "40"})
    approved(people.place, people.reporter, people.reviewer, words, version=1)
    sign_off(people.task, people.place.month, by=people.reviewer, note="其他单位本月无进展")
    proposal = NoticeProposal(plan=plan, title="通知", demand="请反馈", task=people.task, lead=people.lead)
    issue_notice(
        propose_notice(proposal, by=people.coordinator, now=MONDAY), by=people.coordinator, now=MONDAY, files=[paper()]
    )
    write_comment(promise, text="请加快", by=people.leader, now=MONDAY)
    close_plan_month(plan, Month(2014, 1), by=people.coordinator)
    asked_about(plan, people.lead, people.coordinator)
    return plan


def left(plan: Plan) -> dict[str, int]:
    """How many rows of each kind hang on the plan."""
    asked = {model.__name__: models.Q(*((way, plan) for way in ways), _connector="OR") for model, ways in HANGING}
    known = {model.__name__: model for model, _ways in HANGING}
    return {name: known[name]._default_manager.filter(where).count() for name, where in asked.items()}


def test_all_that_hangs_on_it_goes() -> None:
    plan = in_full_use()
    assert {name: number for name, number in left(plan).items() if not number} == {}
    remove_plan(plan, by=None)
    assert not Plan.objects.exists()
    assert not any(model._default_manager.exists() for model, _ways in HANGING)
    assert not Step.objects.exists()
    assert not MonthLock.objects.exists()
    assert not DataQuestion.objects.exists()


def test_figures_stay_because_other_plans_may_ask_for_them() -> None:
    plan = in_full_use()
    before = list(Observation.objects.values())
    remove_plan(plan, by=None)
    assert list(Observation.objects.values()) == before
    assert before


def test_the_log_keeps_that_it_was_there() -> None:
    plan = in_full_use()
    remove_plan(plan, by=None)
    event = AuditEvent.objects.get(action="plan.removed")
    assert (event.detail["plan"], event.detail["title"]) == (plan.code, plan.title)
    assert Target.history.filter(history_type="-").exists()


def test_another_plan_keeps_everything() -> None:
    plan, other = in_full_use(), f.another_plan("other")
    shared = f.target(Target.objects.get(plan=plan).indicator, threshold=60, plan=other)
    promises_changed([shared])
    f.recompute()
    rows = list(Attainment.objects.filter(target=shared).values())
    assert rows
    remove_plan(plan, by=None)
    f.recompute()
    assert list(Attainment.objects.filter(target=shared).values()) == rows


def test_a_real_plan_under_which_somebody_was_supervised_stays() -> None:
    plan = in_full_use(demonstration=False)
    with pytest.raises(ValidationError):
        remove_plan(plan, by=None)
    with pytest.raises(CommandError):
        told(plan.code, "--yes")
    assert left(plan)["SupervisionStep"]


def test_a_real_plan_stays_while_a_month_is_closed() -> None:
    plan = f.plan()
    closed = close_plan_month(plan, Month(2014, 1), by=f.coordinator())
    with pytest.raises(CommandError, match="2014-01 已封账"):
        told(plan.code, "--yes")
    reopen_plan_month(plan, closed.month, by=f.coordinator(), reason="计划废止")
    told(plan.code, "--yes")
    assert not Plan.objects.exists()


def test_what_would_keep_a_plan_is_known() -> None:
    """Whoever adds a model that may not go with what it refers to is led to the list of what is removed first."""
    hanging: set[Any] = {Plan}
    waiting, keeping = [*hanging], set[Any]()
    while waiting:
        for field in waiting.pop()._meta.get_fields(include_hidden=True):
            model, rule = field.related_model, getattr(field, "on_delete", None)
            refers = field.auto_created and not field.concrete and model is not None
            if refers and rule in (models.CASCADE, models.PROTECT) and model not in hanging:
                hanging.add(model)
                waiting.append(model)
            if refers and rule is models.PROTECT:
                keeping.add(model)
    assert {model.__name__ for model in keeping} <= {model.__name__ for model, _ways in HANGING}


def told(*arguments: str) -> str:
    out = io.StringIO()
    call_command("remove_plan", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_first_tells_what_would_go() -> None:
    plan = in_full_use()
    listed = told(plan.code)
    assert "1 督办通知 (tasks.SupervisionNotice)" in listed
    assert "--yes" in listed
    assert SupervisionNotice.objects.exists()


def test_the_command_removes_what_was_said_yes_to() -> None:
    plan = in_full_use()
    assert plan.title in told(plan.code, "--yes")
    assert not Plan.objects.exists()
    assert not Quota.objects.exists()


def test_the_command_names_the_plans_that_there_are() -> None:
    f.another_plan("other")
    with pytest.raises(CommandError, match="other"):
        told("none", "--yes")


def test_the_command_says_so_where_there_is_no_plan() -> None:
    with pytest.raises(CommandError, match="：—。"):
        told("none", "--yes")
