"""Promised work on pages: the list by clause, one task with its milestones."""

import html
from datetime import date

import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.permissions import Role
from plans.models import Plan
from targets.tests.factories import department, person, plan
from tasks.models import Assignment, Milestone, Task
from tasks.reading.selectors import Wanted, find_wanted_tasks, group_task_rows_by_clause

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client: Client, request: pytest.FixtureRequest) -> Client:
    if "plan_2014" in request.fixturenames:  # who governs its region must come after it
        request.getfixturevalue("plan_2014")
    client.force_login(person(Role.LEADER))
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return html.unescape(answer.content.decode())


def task(number: int, steps: int = 2) -> Task:
    document = plan()
    clause = document.clauses.get(path="一")
    made = Task.objects.create(
        plan=document, code=f"task-{number}", title="一项任务", clause=clause, quote=clause.text, due=date(2014, 12, 31)
    )
    Assignment.objects.create(task=made, department=department(), role="lead", quote="目标")
    for step in range(steps):
        Milestone.objects.create(
            task=made,
            code=f"step-{step}",
            title=f"节点{step}",
            quote="目标",
            due=date(2014, 12, 31),
            done_on=date(2014, 1, 20) if step == 0 else None,
        )
    return made


@pytest.mark.parametrize("address", ["/plans/plan-2014/tasks/", "/plans/plan-2014/tasks/x/"])
def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client, address: str) -> None:
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


@pytest.mark.parametrize("address", ["/plans/plan-2014/tasks/unknown/", "/plans/plan-1999/tasks/brands/"])
def test_an_unknown_task_is_not_found(leader: Client, address: str) -> None:
    assert leader.get(address).status_code == 404


def test_the_list_says_how_many_milestones_are_done(leader: Client) -> None:
    task(1)
    assert '<progress value="1" max="2"' in page(leader, "/plans/plan-2014/tasks/")


def test_a_task_without_milestones_is_not_shown_as_undone(leader: Client) -> None:
    task(1, steps=0)
    assert "<progress" not in page(leader, "/plans/plan-2014/tasks/")


def test_all_tasks_stand_under_their_clauses_in_the_plans_order(leader: Client, plan_2014: Plan) -> None:
    text = page(leader, "/plans/wenzhou-2014-quality/tasks/")
    places = [text.index(f"/plans/wenzhou-2014-quality/tasks/{one.code}/") for one in plan_2014.tasks.all()]
    assert places == sorted(places)
    assert all(words in text for words in ("强化质量安全", "推进质量惠民工作", "保障措施"))


def test_units_that_the_plan_does_not_name_are_said_in_its_words(leader: Client, plan_2014: Plan) -> None:
    for one in plan_2014.tasks.exclude(open_ended=""):
        assert one.open_ended in page(leader, "/plans/wenzhou-2014-quality/tasks/")
        assert f'<span class="tag">{one.open_ended}</span>' in page(
            leader, f"/plans/wenzhou-2014-quality/tasks/{one.code}/"
        )


def test_a_task_shows_its_words_units_milestones_and_targets(leader: Client, plan_2014: Plan) -> None:
    one = plan_2014.tasks.get(code="works-benefit")
    text = page(leader, "/plans/wenzhou-2014-quality/tasks/works-benefit/")
    assert one.clause.text in text
    for name in (
        *one.milestones.values_list("title", flat=True),
        *one.assignments.values_list("department__short_name", flat=True),
        *one.targets.values_list("name", flat=True),
    ):
        assert name in text


def queries_of(client: Client, address: str) -> int:
    page(client, address)
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    return len(captured)


def test_more_tasks_take_no_further_query(leader: Client) -> None:
    task(1)
    few = queries_of(leader, "/plans/plan-2014/tasks/")
    for number in range(2, 12):
        task(number)
    assert queries_of(leader, "/plans/plan-2014/tasks/") == few <= 16


def test_more_milestones_take_no_further_query(leader: Client) -> None:
    few, many = task(1, steps=2), task(2, steps=30)  # whoever may close one of which all is done costs a question
    address = "/plans/plan-2014/tasks/{}/".format
    assert queries_of(leader, address(few.code)) == queries_of(leader, address(many.code)) <= 27


def test_the_order_is_the_plans_wherever_the_rows_lie(plan_2014: Plan) -> None:
    Task.objects.update(order=22 - F("order"))
    rows = find_wanted_tasks(plan_2014, date(2014, 6, 30), Wanted(), None).rows
    assert [row.task.order for row in rows] == list(range(1, 22))
    assert len(group_task_rows_by_clause(rows)) == len({group.clause for group in group_task_rows_by_clause(rows)})
