"""The big screen of all plans, and what a wall shows: its plan, or all that a leader of its region sees."""

import re
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from departments.models import AuditEvent, Membership, Screen
from departments.permissions import Role
from departments.services.screens import open_screen
from departments.tests.markup import markup_of
from plans.models import Plan
from plans.page_cache.cached_pages import forget_cached_pages
from plans.periods import Month
from reports.portfolio.wall import LINES, runs
from reports.tests.many import ManyPlans
from reports.tests.portfolios import document, rate
from targets.tests.factories import coordinator, department, region

pytestmark = pytest.mark.django_db


def shown(text: str) -> list[str]:
    """The plans on the wall of all."""
    return re.findall(r'<span class="title">(.*?)</span>', text)


def opened(plan_code: str = "") -> tuple[Client, str]:
    """A browser that knows nothing but the address of a screen."""
    by = coordinator()
    _screen, key = open_screen(name="会议室", region=by.held[0].department.region, by=by, plan_code=plan_code)
    return Client(), reverse("screen_of_key", args=[key])


def test_all_plans_stand_on_the_wall_the_one_with_most_red_first(leader: Client, quality: Plan, air: Plan) -> None:
    for share in (50, 50, 95):
        rate(quality, share)
    rate(air, 90)
    answer = leader.get("/screen/")
    assert answer.templates[0].name == "reports/portfolio_screen.html"
    text = markup_of(answer)
    assert shown(text) == ["质量计划", "空气计划"]
    sums = re.findall(r'<li class="count-(\w+)">.*?</span> (\d+)</li>', text)
    assert sums == [("red", "2"), ("yellow", "1"), ("green", "1"), ("grey", "0")]


def test_of_one_plan_alone_the_wall_is_its_own(leader: Client, quality: Plan) -> None:
    assert leader.get("/screen/")["Location"] == "/plans/quality-2014/screen/"
    client, address = opened()
    assert client.get(address).templates[0].name == "reports/screen.html"


def test_without_a_plan_the_wall_says_so(leader: Client) -> None:
    assert "尚未导入计划" in leader.get("/screen/").content.decode()


def test_a_wall_shows_all_plans_or_the_one_that_was_chosen(quality: Plan, air: Plan) -> None:
    client, address = opened()
    assert set(shown(client.get(address).content.decode())) == {"质量计划", "空气计划"}
    client, address = opened("air-2014")
    text = client.get(address).content.decode()
    assert "<h1>空气计划</h1>" in text
    assert "质量计划" not in text


def test_a_wall_whose_plan_is_gone_shows_no_other(quality: Plan, air: Plan) -> None:
    client, address = opened("air-2014")
    air.clauses.all().delete()
    air.delete()
    assert "此大屏的计划已不再执行" in client.get(address).content.decode()


def test_an_unchanged_wall_of_all_plans_is_told_so(quality: Plan, air: Plan) -> None:
    promise = rate(air, 95)
    client, address = opened()
    client.get(address)
    known = client.get(address).headers["ETag"]
    assert client.get(address, headers={"if-none-match": known}).status_code == 304
    Plan.objects.filter(pk=promise.plan_id).update(title="新名称")
    assert client.get(address, headers={"if-none-match": known}).status_code == 200


def test_a_plan_runs_until_the_month_after_its_last() -> None:
    plan = Plan(first_month=Month(2014, 1), last_month=Month(2014, 12))
    days = (date(2013, 12, 31), date(2014, 1, 1), date(2015, 1, 31), date(2015, 2, 1))
    assert [runs(plan, day) for day in days] == [False, True, True, False]


def test_plans_that_run_leave_no_room_for_those_that_have_ended(leader: Client, quality: Plan, air: Plan) -> None:
    assert len(shown(leader.get("/screen/").content.decode())) == 2
    document("long", "长期规划", year=2014, last_month=Month(2050, 12))
    assert shown(leader.get("/screen/").content.decode()) == ["长期规划"]


def test_more_plans_than_can_be_read_are_shown_in_parts_with_no_further_query(leader: Client) -> None:
    city = ManyPlans.of_city(2014, parts=1)
    city.add(2, targets=2, months=2)
    few = queries_of(leader)
    city.add(LINES, targets=2, months=2)
    assert queries_of(leader) == few
    text = leader.get("/screen/").content.decode()
    assert re.findall(r'data-part="(plans-\d)"', text) == ["plans-1", "plans-2"]
    assert len(shown(text)) == LINES + 2


def queries_of(client: Client) -> int:
    client.get("/screen/")
    forget_cached_pages()
    with CaptureQueriesContext(connection) as captured:
        assert client.get("/screen/").status_code == 200
    return len(captured)


# --- Choosing what a screen shows ------------------------------------------------------------------------------------


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(coordinator())
    return client


def test_the_plan_of_a_screen_is_chosen_where_there_are_several(office: Client, quality: Plan) -> None:
    assert 'name="plan"' not in office.get("/screens/").content.decode()
    document("air-2014", "空气计划")
    assert '<option value="air-2014">空气计划' in office.get("/screens/").content.decode()


def test_what_a_screen_shows_is_on_record_and_in_the_list(office: Client, quality: Plan, air: Plan) -> None:
    for plan_code in ("air-2014", ""):
        office.post("/screens/", {"name": "会议室", "plan": plan_code})
    assert list(Screen.objects.order_by("pk").values_list("plan_code", flat=True)) == ["air-2014", ""]
    events = AuditEvent.objects.filter(action="screen.opened").order_by("pk")
    assert [event.detail for event in events] == [{"name": "会议室", "plan": "air-2014"}, {"name": "会议室"}]
    assert re.findall(r"<td>(空气计划|全部计划)</td>", markup_of(office.get("/screens/"))) == [
        "全部计划",
        "空气计划",
    ]


def test_a_plan_that_nobody_there_sees_is_not_chosen(office: Client, quality: Plan, air: Plan) -> None:
    document("elsewhere", "别处计划", region("100200"))
    office.post("/screens/", {"name": "会议室", "plan": "elsewhere"})
    assert Screen.objects.get().plan_code == ""


def test_a_plan_of_a_part_can_be_shown_and_one_of_another_region_is_refused(quality: Plan, air: Plan) -> None:
    by, other = coordinator(), region("100200")
    Membership.objects.create(user=by, department=department(other), role=Role.COORDINATOR.value)
    Plan.objects.filter(pk=air.pk).update(region=region("100101", region()))
    client = Client()
    client.force_login(by)
    said = "该计划所属地区不在此大屏显示范围内"
    for place, told in (("100200", True), ("100100", False)):
        text = client.post("/screens/", {"name": "会议室", "region": place, "plan": "air-2014"}).content.decode()
        assert (said in text) is told
    screen = Screen.objects.get()
    assert (screen.region.code, screen.plan_code) == ("100100", "air-2014")


def test_the_screen_of_all_plans_needs_a_log_in(client: Client, quality: Plan, air: Plan) -> None:
    assert client.get("/screen/")["Location"] == "/accounts/login/?next=/screen/"
