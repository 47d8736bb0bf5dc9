"""What each unit answers for, on one page."""

from datetime import date

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department
from departments.permissions import Role
from plans.models import Plan
from targets.models import Target, TargetAssignment
from targets.recompute import recompute_all
from targets.tests.factories import department, entry, indicator, official, person, plan, target
from tasks.models import Assignment, Milestone, Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def leader(client: Client) -> Client:
    client.force_login(person(Role.LEADER))
    return client


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def duty(unit: Department, role: str) -> None:
    rate = indicator()
    promise = target(rate, threshold=92)
    Target.objects.filter(pk=promise.pk).update(name=f"{role}的指标")
    TargetAssignment.objects.create(target=promise, department=unit, role=role)
    official(entry(rate, "2014-06", 95, 100))


def work(unit: Department, number: int) -> None:
    document = plan()
    clause = document.clauses.get(path="一")
    task = Task.objects.create(
        plan=document, code=f"task-{number}", title="一项任务", clause=clause, quote=clause.text, due=date(2014, 12, 31)
    )
    Assignment.objects.create(task=task, department=unit, role="lead")
    for step, done_on in enumerate([date(2014, 5, 1), None]):
        Milestone.objects.create(
            task=task, code=f"s{step}", title="节点", quote="目标", due=date(2014, 12, 31), done_on=done_on
        )


@pytest.mark.parametrize("address", ["/departments/", "/departments/quality/"])
def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client, address: str) -> None:
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


def test_an_unknown_unit_is_not_found(leader: Client) -> None:
    assert leader.get("/departments/nowhere/").status_code == 404


def test_all_units_of_the_plan_are_listed(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader, "/departments/")
    assert all(f"/departments/{code}/" in text for code in Department.objects.values_list("code", flat=True))


def test_a_unit_shows_its_targets_with_their_lights(leader: Client) -> None:
    unit = department()
    duty(unit, "lead")
    text = page(leader, f"/departments/{unit.code}/")
    assert 'cell-light"><span class="light light-green' in text


def test_what_a_unit_leads_stands_first(leader: Client) -> None:
    unit = department()
    for role in ("support", "shared", "lead"):
        duty(unit, role)
    text = page(leader, f"/departments/{unit.code}/")
    places = [text.index(f"{role}的指标") for role in ("lead", "shared", "support")]
    assert places == sorted(places)


def test_a_unit_shows_its_tasks_and_their_milestones(leader: Client) -> None:
    unit = department()
    work(unit, 1)
    assert '<progress value="1" max="2"' in page(leader, f"/departments/{unit.code}/")


def test_other_names_say_where_they_come_from(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    assert "市交通运输厅" in page(leader, "/departments/transport/")


def test_a_unit_without_a_plan_has_a_page(leader: Client) -> None:
    unit = department()
    assert unit.name in page(leader, f"/departments/{unit.code}/")


def queries_of(client: Client, address: str) -> int:
    page(client, address)
    cache.clear()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    return len(captured)


def test_more_duties_take_no_further_query(leader: Client) -> None:
    unit = department()
    duty(unit, "lead")
    work(unit, 1)
    address = f"/departments/{unit.code}/"
    few = queries_of(leader, address)
    for number in range(2, 8):
        duty(unit, "shared")
        work(unit, number)
    assert queries_of(leader, address) == few <= 13
