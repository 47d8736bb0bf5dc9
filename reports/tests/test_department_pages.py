"""What each unit answers for, on one page."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from departments.models import Department
from departments.permissions import Role
from departments.tests.markup import markup_of
from plans.models import Plan
from plans.page_cache.cached_pages import forget_cached_pages
from targets.judging.recompute import recompute_all
from targets.models import Target, TargetAssignment
from targets.tests.factories import department, entry, indicator, official, person, plan, target
from tasks.models import Assignment, Milestone, Task

pytestmark = pytest.mark.django_db


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return markup_of(answer)


def duty(unit: Department, role: str, share: int = 95) -> Target:
    rate = indicator()
    promise = target(rate, threshold=92, warning_margin=5)
    Target.objects.filter(pk=promise.pk).update(name=f"{role}的指标")
    TargetAssignment.objects.create(target=promise, department=unit, role=role)
    official(entry(rate, "2014-06", share, 100))
    return promise


def work(unit: Department, number: int) -> None:
    document = plan()
    clause = document.clauses.get(path="一")
    task = Task.objects.create(
        plan=document, code=f"task-{number}", title="一项任务", clause=clause, quote=clause.text, due=date(2014, 12, 31)
    )
    Assignment.objects.create(task=task, department=unit, role="lead")
    for step, done_on in enumerate([date(2014, 1, 20), None]):
        Milestone.objects.create(
            task=task, code=f"s{step}", title="节点", quote="目标", due=date(2014, 12, 31), done_on=done_on
        )


@pytest.mark.parametrize("address", ["/plans/plan-2014/departments/", "/plans/plan-2014/departments/quality/"])
def test_a_person_who_is_not_logged_in_is_sent_to_log_in(client: Client, address: str) -> None:
    assert client.get(address)["Location"] == f"/accounts/login/?next={address}"


def test_an_unknown_unit_is_not_found(leader: Client) -> None:
    assert leader.get("/plans/plan-2014/departments/nowhere/").status_code == 404


def test_all_units_of_the_plan_are_listed(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    text = page(leader, "/plans/wenzhou-2014-quality/departments/")
    assert all(
        f"/plans/wenzhou-2014-quality/departments/{code}/" in text
        for code in Department.objects.values_list("code", flat=True)
    )


def test_a_unit_shows_its_targets_with_their_lights(leader: Client) -> None:
    unit = department()
    duty(unit, "lead")
    text = page(leader, f"/plans/plan-2014/departments/{unit.code}/")
    assert 'cell-light"><span class="light light-green' in text


def test_what_a_unit_leads_stands_first(leader: Client) -> None:
    unit = department()
    for role in ("support", "shared", "lead"):
        duty(unit, role)
    text = page(leader, f"/plans/plan-2014/departments/{unit.code}/")
    places = [text.index(f"{role}的指标") for role in ("lead", "shared", "support")]
    assert places == sorted(places)


def test_a_unit_shows_its_tasks_and_their_milestones(leader: Client) -> None:
    unit = department()
    work(unit, 1)
    assert '<progress value="1" max="2"' in page(leader, f"/plans/plan-2014/departments/{unit.code}/?month=2014-06")


def test_other_names_say_where_they_come_from(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    assert "市交通运输厅" in page(leader, "/plans/wenzhou-2014-quality/departments/transport/")


def queries_of(client: Client, address: str) -> int:
    page(client, address)
    forget_cached_pages()  # made anew: a kept page would ask the same however much it shows
    with CaptureQueriesContext(connection) as captured:
        page(client, address)
    return len(captured)


def test_more_duties_take_no_further_query(leader: Client) -> None:
    unit = department()
    duty(unit, "lead")
    work(unit, 1)
    address = f"/plans/plan-2014/departments/{unit.code}/"
    few = queries_of(leader, address)
    for number in range(2, 8):
        duty(unit, "shared")
        work(unit, number)
    assert queries_of(leader, address) == few <= 24


# --- Who is behind ---------------------------------------------------------------------------------------------------


def places(text: str) -> list[tuple[str, str, list[str]]]:
    """Rank, unit, and the numbers of lights."""
    rows = text.partition('class="table figures-table behind"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    heading = r'<td class="number">([^<]*)</td>\s*<th scope="row">\s*<a [^>]*>([^<]*)</a>\s*</th>'
    found = re.findall(heading + r"(.*?)</tr>", rows, re.S)
    return [(rank, unit, re.findall(r">\s*(\d+)\s*<", cells)) for rank, unit, cells in found]


def test_units_are_ranked_by_red_then_yellow_lights_of_what_they_lead(leader: Client) -> None:
    red, yellow, green, other = (department() for _ in range(4))
    for unit, *shares in ((green, 95), (red, 50), (yellow, 90, 90), (other, 90, 90, 95)):
        for share in shares:
            duty(unit, "lead", share)
    duty(green, "support", 50)
    found = places(page(leader, "/plans/plan-2014/departments/"))
    assert [(rank, unit) for rank, unit, _numbers in found] == [
        ("1", red.short_name),
        ("2", other.short_name),
        ("2", yellow.short_name),
        ("4", green.short_name),
    ]
    assert found[0][2] == ["1", "0", "0", "0", "1"]


def test_a_unit_that_leads_nothing_has_no_rank(leader: Client) -> None:
    duty(department(), "shared", 50)
    assert places(page(leader, "/plans/plan-2014/departments/")) == []


def test_the_list_counts_as_the_overview_does(leader: Client, plan_2014: Plan) -> None:
    recompute_all()
    overview = page(leader, "/").split('id="by-department"')[1].split("</table>")[0]
    counted = re.findall(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', overview)
    known = {unit: re.findall(r">(\d+)<", cells) for unit, cells in counted}
    found = places(page(leader, "/plans/wenzhou-2014-quality/departments/"))
    assert found
    assert all(known[unit] == numbers for _rank, unit, numbers in found)


# --- How a unit reports ----------------------------------------------------------------------------------------------


def reporting() -> Department:
    unit = department()
    rate = indicator(department=unit)
    TargetAssignment.objects.create(target=target(rate, threshold=92), department=unit, role="lead")
    official(entry(rate, "2014-01", 95, 100))
    return unit


def test_a_unit_shows_how_punctually_it_reports(leader: Client) -> None:
    unit = reporting()
    text = page(leader, f"/plans/plan-2014/departments/{unit.code}/?month=2014-02")
    months = text.partition('class="reporting-months"')[2].partition("</ol>")[0]
    assert f"/plans/plan-2014/timeliness/{unit.code}/2014-01/" in months
    assert months.count("<li>") == 2
    assert "50.0\u00a0%" in text, "one of two figures is there, late"


def test_how_others_report_is_not_for_everybody(client: Client) -> None:
    unit = reporting()
    client.force_login(person(Role.REPORTER, department()))
    assert "reporting-months" not in page(client, f"/plans/plan-2014/departments/{unit.code}/")
    client.force_login(person(Role.REPORTER, unit))
    assert "reporting-months" in page(client, f"/plans/plan-2014/departments/{unit.code}/")


def test_a_task_shows_its_light_at_the_end_of_the_month(leader: Client) -> None:
    unit = department()
    work(unit, 1)
    assert (
        "light-red"
        not in page(leader, f"/plans/plan-2014/departments/{unit.code}/?month=2014-06").partition('class="tasks"')[2]
    )
    assert (
        "light-red"
        in page(leader, f"/plans/plan-2014/departments/{unit.code}/?month=2014-12").partition('class="tasks"')[2]
    )


# --- An earlier day --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/plans/plan-2014/departments/", "/plans/plan-2014/departments/{code}/"])
def test_an_earlier_day_is_shown_said_and_kept_in_the_links(leader: Client, address: str) -> None:
    unit = department()
    promise = duty(unit, "lead")
    text = page(leader, f"{address.format(code=unit.code)}?as_of=2014-07-01&month=2014-06")
    assert "as-of-band" in text
    assert "95.00" not in text, "it was not official then"
    assert "light-grey" in text
    content = text.partition("<header")[2].partition("</main>")[0]
    leading = re.findall(r'href="(/plans/plan-2014/(?:text|comparison|targets|departments)[^"]*)"', content)
    assert len(leading) > 4
    assert all("month=2014-06&amp;as_of=2014-07-01" in one for one in leading), leading
    assert promise.name


@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/plans/plan-2014/text/",
        "/plans/plan-2014/comparison/",
        "/plans/plan-2014/targets/{target}/",
    ],
)
def test_every_page_keeps_the_month_and_the_day_for_the_next(leader: Client, address: str) -> None:
    unit = department()
    promise = duty(unit, "lead", 50)
    text = page(leader, f"{address.format(target=promise.code)}?as_of=2014-07-01&month=2014-06")
    content = text.partition("<header")[2].partition("</main>")[0]
    leading = re.findall(r'href="(/plans/plan-2014/(?:text|comparison|targets|departments)/[^"]*)"', content)
    assert leading
    assert all("as_of=2014-07-01" in one and "month=2014-" in one for one in leading), leading
