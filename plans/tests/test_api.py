"""What other systems read of plans and clauses."""

import pytest

from departments.permissions import Role
from departments.tests.callers import asking, cost, member, region
from plans.models import Clause, Plan
from plans.tests.factories import plan_of_year

pytestmark = pytest.mark.django_db


def make_plan(year: int, clauses: int = 1) -> Plan:
    plan = plan_of_year(year, number=f"{year}号", title="计划", issuer="市政府", region=region())
    parent = None
    for order in range(1, clauses + 1):
        parent = Clause.objects.create(plan=plan, path=f"一{order}", order=order, text="条", parent=parent)
    return plan


def test_plans_have_the_fields_of_the_contract() -> None:
    for year in (2013, 2014):
        make_plan(year)
    answer = asking(member(Role.LEADER))("/plans").json()
    assert [plan["year"] for plan in answer["items"]] == [2014, 2013]
    assert answer["items"][1] == {
        "code": "plan-2013",
        "number": "2013号",
        "title": "计划",
        "issued_on": "2013-01-02",
        "region": "100100",
        "first_month": "2013-01",
        "last_month": "2013-12",
        "year": 2013,
        "demonstration": False,
    }


def test_the_clauses_in_order_are_the_document(plan_2014: Plan) -> None:
    answer = asking(member(Role.LEADER))("/plans/2014/clauses").json()
    assert answer["count"] == plan_2014.clauses.count()
    assert [item["text"] for item in answer["items"]] == list(
        plan_2014.clauses.order_by("order").values_list("text", flat=True)
    )
    item = next(item for item in answer["items"] if item["path"] == "二(二)2")
    assert set(item) == {"path", "parent", "heading", "text"}
    assert item["parent"] == "二(二)"


@pytest.mark.parametrize("address", ["/plans", "/plans/2014/clauses"])
def test_the_number_of_queries_does_not_grow(address: str) -> None:
    plan, ask = make_plan(2014), asking(member(Role.LEADER))
    few = cost(ask, address)
    for number in range(9):
        make_plan(2020 + number)
        Clause.objects.create(plan=plan, path=f"二{number}", order=10 + number, text="条", parent=plan.clauses.first())
    many = cost(ask, address)
    assert (few[0] + 9, few[1]) == many


@pytest.mark.parametrize("year", ["2015", "1900", "2999"])
def test_an_unknown_year_is_not_found(year: str) -> None:
    make_plan(2014)
    assert asking(member(Role.LEADER))(f"/plans/{year}/clauses").status_code == 404


@pytest.mark.parametrize("code", ["x", "2014.5", "99999999999999999999", "-1", "计划"])
def test_an_unknown_code_is_not_found(code: str) -> None:
    make_plan(2014)
    assert asking(member(Role.LEADER))(f"/plans/{code}/clauses").status_code == 404


def test_a_year_names_the_plan_that_alone_begins_in_it() -> None:
    make_plan(2014)
    ask = asking(member(Role.LEADER))
    assert ask("/plans/2014/clauses").json() == ask("/plans/plan-2014/clauses").json()


def test_a_year_in_which_several_plans_begin_is_answered_with_their_codes() -> None:
    make_plan(2014)
    plan_of_year(2014, code="air-2014", region=region())
    answer = asking(member(Role.LEADER))("/plans/2014/clauses")
    assert answer.status_code == 409
    assert "air-2014, plan-2014" in answer.json()["errors"][0]["message"]
    assert asking(member(Role.LEADER))("/plans/air-2014/clauses").status_code == 200
