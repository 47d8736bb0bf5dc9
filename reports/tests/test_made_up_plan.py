"""A plan that is made up says so: on each of its pages, where plans are chosen, in files and in the API."""

import pytest
from django.test import Client

from departments.permissions import Role
from departments.tests.callers import asking, member
from plans.models import Plan
from plans.tests.factories import plan_of_year
from reports.tests.test_comparison import export
from targets.models import Source, Target
from targets.tests.factories import entry, indicator, official, plan, region, target

pytestmark = pytest.mark.django_db

SAID = "本计划及其全部数据均为虚构，不是任何政府印发的文件。"
PAGES = ("", "text/", "comparison/", "targets/{target}/", "departments/", "counties/", "tasks/", "timeliness/")


@pytest.fixture
def promise() -> Target:
    """A promise of a made-up plan, with a figure."""
    made = target(indicator(), threshold=92)
    official(entry(made.indicator, "2014-02", 95, 100))
    Plan.objects.update(demonstration=True)
    return made


@pytest.mark.parametrize("shown", PAGES)
def test_each_page_of_it_says_so(leader: Client, promise: Target, shown: str) -> None:
    address = f"/plans/{promise.plan.code}/{shown.format(target=promise.code)}"
    assert SAID in leader.get(address).content.decode()


def test_a_page_that_is_kept_follows_what_the_plan_is(leader: Client, promise: Target) -> None:
    address = f"/plans/{promise.plan.code}/"
    assert SAID in leader.get(address).content.decode()
    Plan.objects.update(demonstration=False)
    assert SAID not in leader.get(address).content.decode()


def test_the_pages_of_a_real_plan_beside_it_do_not_say_so(leader: Client, promise: Target) -> None:
    real = plan_of_year(2013, region=region())
    for page in PAGES:
        if "{" not in page:
            assert SAID not in leader.get(f"/plans/{real.code}/{page}").content.decode()


def test_one_sees_it_where_plans_are_chosen(leader: Client, promise: Target) -> None:
    plan_of_year(2013, region=region(), title="真计划")
    chosen = leader.get(f"/plans/{promise.plan.code}/").content.decode()
    switch = chosen[chosen.index("plan-switch-panel") : chosen.index("</details>")]
    assert switch.count("虚构") == 1


def test_it_stands_on_the_screen_of_a_meeting_room(leader: Client, promise: Target) -> None:
    assert "演示计划" in leader.get(f"/plans/{promise.plan.code}/screen/").content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_says_so_in_its_first_line(leader: Client, promise: Target, kind: str) -> None:
    assert export(leader, kind)[0][0].endswith(SAID)
    Plan.objects.update(demonstration=False)
    assert not export(leader, kind)[0][0].endswith(SAID)


def test_a_file_of_a_real_plan_says_which_figures_are_made_up(leader: Client, promise: Target) -> None:
    Plan.objects.update(demonstration=False)
    Source.objects.update(demonstration=True)
    assert export(leader, "csv")[0][0].endswith("本页数据为系统演示所用，并非正式统计数据。")


def test_other_systems_are_told(promise: Target) -> None:
    plan_of_year(2013, region=plan().region)
    items = asking(member(Role.LEADER))("/plans").json()["items"]
    assert {item["code"]: item["demonstration"] for item in items} == {"plan-2014": True, "plan-2013": False}
