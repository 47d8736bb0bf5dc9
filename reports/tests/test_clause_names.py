"""A plan that is a table has clauses without headings: each is told by its number and first words, on every page."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from plans.models import Clause, Plan
from reports.board.tallies import NOBODY, UNASSIGNED
from targets.models import Target, TargetAssignment
from targets.tests import factories as f
from tasks.models import Task

pytestmark = pytest.mark.django_db

ROWS = {
    "1": "1\t改造城乡危旧房\t完成4081户\t住建局",
    "2": "2\t新增养老机构床位\t5000张\t民政局",
    "3": "3\t建设居家养老服务照料中心\t709个\t民政局",
}
NAMES = ["1 改造城乡危旧房", "2 新增养老机构床位", "3 建设居家养老服务照料中心"]


@pytest.fixture
def table() -> Plan:
    """A plan of three rows; in each stand a target that two units share and a task."""
    plan = f.plan()
    for order, (path, text) in enumerate(ROWS.items(), 10):
        clause = Clause.objects.create(plan=plan, path=path, order=order, text=text)
        promise = f.target(f.indicator(), threshold=92, clause=clause, quote=text.split("\t")[1])
        for unit in (f.department(), f.department()):
            TargetAssignment.objects.create(target=promise, department=unit, role="shared")
        Task.objects.create(
            plan=plan, code=f"t{path}", order=order, title="实事", clause=clause, quote=text, due=date(2014, 12, 31)
        )
    for promise in Target.objects.all():
        f.official(f.entry(promise.indicator, "2014-01", 95, 100))
    return plan


def text_of(client: Client, address: str) -> str:
    answer = client.get(f"/plans/plan-2014/{address}")
    assert answer.status_code == 200
    return re.sub(r"<[^>]*>", " ", answer.content.decode())


def said(text: str, name: str) -> bool:
    """Whether the number and the words stand beside each other, whatever marks are between them."""
    number, _space, words = name.partition(" ")
    return re.search(rf"(?<!\d){number}\s+{words}(?!\S)", text) is not None


@pytest.mark.parametrize("address", ["", "text/", "tasks/", "comparison/"])
def test_every_list_of_clauses_names_them(table: Plan, leader: Client, address: str) -> None:
    text = text_of(leader, address)
    assert [name for name in NAMES if not said(text, name)] == []
    assert "无牵头单位" not in text


def test_a_chosen_chapter_is_told_by_its_name(table: Plan, leader: Client) -> None:
    chapter = table.clauses.get(path="2")
    text = text_of(leader, f"?chapter={chapter.order}")
    assert said(text, NAMES[1])
    assert not said(text, NAMES[0])


def test_what_several_share_is_called_by_that_they_share_it(table: Plan, leader: Client) -> None:
    TargetAssignment.objects.filter(target__clause__path="1").delete()
    text = text_of(leader, "")
    assert "按职责分工负责" in text
    assert "尚未落实责任单位" in text
    for key, paths in ((NOBODY, ["2", "3"]), (UNASSIGNED, ["1"])):
        listed = text_of(leader, f"?department={key}")
        assert [path for path, name in zip(ROWS, NAMES, strict=True) if said(listed, name)] == paths


def test_the_names_of_the_tasks_clauses_take_one_query(table: Plan, leader: Client) -> None:
    with CaptureQueriesContext(connection) as many:
        leader.get("/plans/plan-2014/tasks/")
    Task.objects.filter(code__in=["t2", "t3"]).delete()
    with CaptureQueriesContext(connection) as few:
        leader.get("/plans/plan-2014/tasks/")
    assert len(many) == len(few)


def test_a_heading_goes_before_the_first_words() -> None:
    clause = Clause(path="二(一)", heading="质量升级", text="(一)质量升级。推进农业升级。")
    assert (clause.name, str(clause)) == ("二(一) 质量升级", "二(一) 质量升级")
    assert Clause(path="二(一)", text="(一)推进农业升级。").name == "二(一) 推进农业升级"
    assert Clause(path="二(一)").name == "二(一)"


def test_names_are_read_without_the_words(table: Plan) -> None:
    (first,) = table.clauses.with_names().filter(path="1")
    assert "text" in first.get_deferred_fields()
    with CaptureQueriesContext(connection) as asked:
        assert first.name == NAMES[0]
    assert len(asked) == 0
