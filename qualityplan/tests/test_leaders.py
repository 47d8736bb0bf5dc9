"""牵头领导, and units in several brackets: whom a plan names is told with the words that name them."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from departments.permissions import Role
from plans.models import Plan
from qualityplan.tests import fixture_rows as rows
from qualityplan.tests.fixture_rows import Row, Write
from targets.models import Target, TargetLeader
from targets.tests import factories as f
from tasks.models import Task, TaskLeader
from tasks.tests.cast import a_task

pytestmark = pytest.mark.django_db

TEXT = "1 抽查合格率提高3个百分点（市质监局牵头，副市长张三负责），完成农产品检测（市农业局负责，各县配合）。"


def document() -> list[Row]:
    """A clause with two brackets, and those that they name for a target and a task."""
    units = [rows.department("quality"), rows.department("farming")]
    named = [("quality", "lead", "市质监局牵头"), ("farming", "shared", "市农业局负责")]
    return [
        rows.region(),
        rows.department(),
        *units,
        rows.plan(),
        rows.clause(text=TEXT),
        rows.indicator(),
        rows.target(quote="提高3个百分点"),
        rows.task(quote=TEXT),
        *(of_target(code, role, quote) for code, role, quote in named),
        *(of_task(code, role, quote) for code, role, quote in named),
        leader("targets.targetleader", target=[rows.PLAN, "grow"]),
        leader("tasks.taskleader", task=[rows.PLAN, "task"]),
    ]


def of_target(code: str, role: str, quote: str) -> Row:
    return rows.row("targets.targetassignment", target=[rows.PLAN, "grow"], department=[code], role=role, quote=quote)


def of_task(code: str, role: str, quote: str) -> Row:
    return rows.row("tasks.assignment", task=[rows.PLAN, "task"], department=[code], role=role, quote=quote)


def leader(model: str, **owner: Any) -> Row:
    return rows.row(model, name="副市长张三", quote="副市长张三负责", **owner)


def test_each_unit_of_two_brackets_keeps_its_own_words_on_every_page(write: Write, client: Client) -> None:
    rows.load(write(*document()))
    client.force_login(f.person(Role.LEADER, f.department(Plan.objects.get().region)))
    f.recompute()
    for address in (f"/plans/{rows.PLAN}/tasks/task/", f"/plans/{rows.PLAN}/targets/grow/"):
        text = client.get(address).content.decode()
        for words in ("市质监局牵头", "市农业局负责", "副市长张三负责"):
            assert f"<q>{words}</q>" in text, (address, words)
        assert "牵头领导" in text, address


def test_loaded_a_second_time_nothing_changes(write: Write) -> None:
    path = write(*document())
    rows.load(path)
    assert rows.load(path) == f"{len(document())} read, 0 new, 0 changed, {len(document())} unchanged"


@pytest.mark.parametrize("number", [-1, -2, -3, -5])
def test_words_that_no_bracket_holds_are_refused(number: int, write: Write) -> None:
    given = document()
    given[number]["fields"]["quote"] = "市商务局牵头"
    (line,) = rows.refusal(write(*given))
    assert "do not stand in the t" in line
    assert not TaskLeader.objects.exists()


def test_a_leader_is_named_once_and_owes_nothing() -> None:
    task, target = a_task(lead=f.department()), f.target(f.indicator(), threshold=92)
    for made in (TaskLeader(task=task, name="副市长张三"), TargetLeader(target=target, name="副市长张三")):
        made.full_clean()
        made.save()
        again = type(made)(**{made.of_plan.split("__")[0]: getattr(made, made.of_plan.split("__")[0])}, name=made.name)
        with pytest.raises(ValidationError):
            again.full_clean()
    assert {one.name for one in (*task.leaders.all(), *target.leaders.all())} == {"副市长张三"}
    assert task.assignments.count() == 1


def test_who_is_allocated_without_words_of_the_plan_is_told_so(client: Client) -> None:
    task = a_task(lead=f.department())
    TaskLeader.objects.create(task=task, name="副市长张三")
    client.force_login(f.person(Role.LEADER))
    text = client.get(f"/plans/plan-2014/tasks/{task.code}/").content.decode()
    assert "未点名" in text.split("副市长张三")[1].split("</li>")[0]


def test_a_changed_leader_makes_pages_anew(client: Client) -> None:
    promise, task = f.target(f.indicator(), threshold=92), a_task(lead=f.department())
    f.official(f.entry(promise.indicator, "2014-01", 95, 100))
    client.force_login(f.person(Role.LEADER))
    pages = {
        f"/plans/plan-2014/targets/{promise.code}/": TargetLeader(target=Target.objects.get(), name="副市长李四"),
        f"/plans/plan-2014/tasks/{task.code}/": TaskLeader(task=Task.objects.get(), name="副市长李四"),
    }
    for address, made in pages.items():
        assert "副市长李四" not in client.get(address).content.decode()
        made.save()
        assert "副市长李四" in client.get(address).content.decode(), address
