"""What other systems read of tasks."""

from datetime import date
from typing import Any

import pytest

from departments.permissions import Role
from departments.tests.callers import asking, cost, faults
from plans.models import Plan
from targets.tests import factories as f
from tasks.models import Assignment, Milestone, Task

pytestmark = pytest.mark.django_db


def make_task(number: int, **values: Any) -> Task:
    plan = f.plan()
    clause = plan.clauses.get(path="一")
    fields = {"title": "任务", "quote": clause.text, "due": date(2014, 12, 31), **values}
    return Task.objects.create(plan=plan, clause=clause, code=f"task-{number}", order=number, **fields)


def test_every_task_of_the_plan_is_answered_with_its_words(plan_2014: Plan) -> None:
    answer = asking(f.person(Role.LEADER))("/plans/2014/tasks").json()
    assert [one["code"] for one in answer["items"]] == [task.code for task in Task.objects.order_by("order")]
    for one in answer["items"]:
        assert one["text"] in plan_2014.clauses.get(path=one["clause"]).text
        assert one["milestones"]
        assert all(step["quote"] in one["text"] for step in one["milestones"])
    open_ended = {one["clause"]: one["open_ended_words"] for one in answer["items"] if one["open_ended"]}
    assert open_ended == {"二(二)5": "相关市级部门", "二(五)1": "相关市级部门", "二(五)3": "等单位"}


def test_a_task_has_the_fields_of_the_contract() -> None:
    task, unit = make_task(1, open_ended="等单位"), f.department()
    Assignment.objects.create(task=task, department=unit, role="lead")
    for number, done_on in enumerate((date(2014, 2, 3), None, None), 1):
        Milestone.objects.create(
            task=task, code=f"m{number}", order=number, title="步", quote="达到", due="2014-06-30", done_on=done_on
        )
    ask = asking(f.person(Role.LEADER))
    step = {"title": "步", "due": "2014-06-30", "done_on": None, "quote": "达到", "percentage": 0}
    step |= {"weight": None, "department": None, "counted_by": None}
    assert ask("/plans/2014/tasks", month="2014-03").json()["items"] == [
        {
            "code": "task-1",
            "title": "任务",
            "clause": "一",
            "text": task.quote,
            "due": "2014-12-31",
            "month": "2014-03",
            "status": "on_course",
            "progress": "0.333333333333333",
            "signal": "green",
            "explanation": "节点 3 个，已完成 1 个，无逾期。下一节点“步”应于2014年6月30日前完成。"
            "尚无已审核的进展报告。",
            "last_report": None,
            "closed_on": None,
            "departments": [{"code": unit.code, "role": "lead"}],
            "open_ended": True,
            "open_ended_words": "等单位",
            "milestones": [step | {"done_on": "2014-02-03", "percentage": 100}, step, step],
        }
    ]
    assert ask("/plans/2014/tasks", month="2014-06").json()["items"][0]["signal"] == "red"


def test_a_task_is_judged_as_of_the_last_month_with_data() -> None:
    make_task(1)
    ask = asking(f.person(Role.LEADER))
    assert ask("/plans/2014/tasks").json()["items"][0]["month"] == "2014-01"
    measured = f.indicator("count")
    f.target(measured, "at_least", 5)
    f.official(f.entry(measured, "2014-04", 1))
    assert ask("/plans/2014/tasks").json()["items"][0]["month"] == "2014-04"


def test_the_number_of_queries_does_not_grow() -> None:
    ask = asking(f.person(Role.LEADER))
    _make_tasks(range(1, 2))
    few = cost(ask, "/plans/2014/tasks")
    _make_tasks(range(2, 10))
    assert cost(ask, "/plans/2014/tasks") == (9, few[1])


def _make_tasks(numbers: range) -> None:
    for number in numbers:
        task = make_task(number)
        for code in "ab":
            Milestone.objects.create(task=task, code=code, title="步", quote="达到", due="2014-06-30")
            Assignment.objects.create(task=task, department=f.department(), role="shared")


def test_what_does_not_fit_is_refused() -> None:
    f.plan()
    ask = asking(f.person(Role.LEADER))
    assert ask("/plans/2015/tasks").status_code == 404
    assert faults(ask("/plans/2014/tasks", month="2015-01")) == [("month", "month_of_plan")]
    assert faults(ask("/plans/2014/tasks", month="2014-1")) == [("month", "month")]
