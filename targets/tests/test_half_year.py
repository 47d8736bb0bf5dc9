"""A plan that begins in the course of a year: what is counted by calendar year is asked for from January on."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month, months_between
from targets.entering.desk import desk_of
from targets.expected.asked_figures import first_asked
from targets.expected.closed_months import closed_in
from targets.expected.duties import expected_of
from targets.expected.plan_situation import Situation
from targets.models import Indicator
from targets.reminding.reminders import figure_gaps_on
from targets.services.drafting import Typed, save_draft
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> SimpleNamespace:
    city = f.region()
    return SimpleNamespace(city=city, office=f.department(city))


def half_year(cast: SimpleNamespace, first: str = "2014-07", **fields: Any) -> Plan:
    last = fields.pop("last_month", Month(2014, 12))
    return f.another_plan("half", place=cast.city, first_month=Month.parse(first), last_month=last, **fields)


def months_asked(plan: Plan, indicator: Indicator) -> list[str]:
    return [str(key.month) for key in expected_of(plan).figures if key.indicator_id == indicator.pk]


@pytest.mark.parametrize(
    ("measure", "rules", "counting", "first"),
    [
        ("count", {}, "year", "2014-01"),
        ("count", {}, "plan", "2014-07"),
        ("count", {"entry_basis": "to_date"}, "year", "2014-07"),
        ("level", {"time_rule": "mean"}, "year", "2014-01"),
        ("level", {"time_rule": "last"}, "year", "2014-07"),
    ],
)
def test_months_before_a_plan_are_asked_for_where_the_figure_of_the_year_is_made_from_them(
    measure: str, rules: dict[str, str], counting: str, first: str, cast: SimpleNamespace
) -> None:
    plan, indicator = half_year(cast), f.indicator(measure, department=cast.office, **rules)
    f.target(indicator, threshold=1, plan=plan, counting=counting)
    assert months_asked(plan, indicator) == [
        str(month) for month in months_between(Month.parse(first), plan.last_month)
    ]
    assert first_asked([plan]) == {plan.pk: Month.parse(first)}


def test_of_a_plan_over_years_the_months_before_it_are_those_of_its_first_year(cast: SimpleNamespace) -> None:
    plan = half_year(cast, last_month=Month(2016, 6))
    f.target(measured := f.indicator("count", department=cast.office), threshold=1, plan=plan)
    assert months_asked(plan, measured)[0] == "2014-01"
    assert len(months_asked(plan, measured)) == 30
    asked = expected_of(plan).asked
    held = [bool(asked.plans_for(measured.pk, cast.city.pk, Month.parse(month))) for month in ("2013-12", "2014-01")]
    assert held == [False, True]


def test_what_a_target_is_compared_with_is_asked_for_as_early(cast: SimpleNamespace) -> None:
    plan, operand = half_year(cast), f.indicator("count", department=cast.office)
    measured = f.indicator("count", department=cast.office)
    f.target(measured, plan=plan, threshold_kind="indicator", operand=operand)
    assert [months_asked(plan, one)[0] for one in (measured, operand)] == ["2014-01", "2014-01"]


def test_a_light_says_which_months_before_the_plan_are_missing(cast: SimpleNamespace) -> None:
    plan = half_year(cast)
    promise = f.target(f.indicator("count", department=cast.office), threshold=120, plan=plan)
    f.official(*(f.entry(promise.indicator, month, 10) for month in ("2014-02", "2014-07")))
    f.recompute()
    found = f.attainment(promise, "2014-07")
    assert (found.actual, [str(month) for month in found.missing_months]) == (
        20, ["2014-01", "2014-03", "2014-04", "2014-05", "2014-06"],
    )  # fmt: skip


def test_months_before_a_plan_are_entered_on_the_worksheet_and_reminded_of_with_its_first_month(
    cast: SimpleNamespace,
) -> None:
    measured = f.indicator("count", department=cast.office)
    f.target(measured, threshold=120, plan=half_year(cast))
    reporter, client = f.person(Role.REPORTER, cast.office), Client()
    client.force_login(reporter)
    address = f"/worksheet/{cast.office.code}/2014-03/"
    fields = {f"{measured.pk}-value": "10", f"{measured.pk}-note": "核过", f"{measured.pk}-version": "0"}
    assert client.post(address, {"do": "hand_in"} | fields).status_code == 302
    assert client.get(f"/worksheet/{cast.office.code}/2013-12/").status_code == 404
    left = desk_of(reporter, date(2014, 8, 4)).left
    assert [str(one.month) for one in left] == ["2014-06", "2014-05", "2014-04", "2014-02", "2014-01"]
    gaps = figure_gaps_on(date(2014, 8, 4))
    assert [str(gap.month) for gap in gaps] == ["2014-07", "2014-06", "2014-05", "2014-04", "2014-02", "2014-01"]
    assert {gap.deadline for gap in gaps} == {date(2014, 8, 5)}
    desk = desk_of(reporter, date(2014, 8, 4), Month(2014, 5)).months[0]
    assert (desk.duties[0].open, desk.limits[0].deadline.day) == (1, date(2014, 8, 5))


def test_a_plans_first_month_closes_the_months_before_it_and_opens_them_again(cast: SimpleNamespace) -> None:
    plan, coordinator = half_year(cast), f.coordinator()
    measured, other = (f.indicator("count", department=cast.office) for _number in range(2))
    f.target(measured, threshold=120, plan=plan)
    f.target(other, threshold=120, plan=plan, counting="plan")
    keys = [(one.pk, cast.city.pk, Month(2014, 3)) for one in (measured, other)]
    close_plan_month(plan, plan.first_month, by=coordinator)
    assert [closed_in({Month(2014, 3)}).plan_of(key) for key in keys] == [plan, None]
    assert closed_in({Month(2013, 12)}).plan_of((measured.pk, cast.city.pk, Month(2013, 12))) is None
    with pytest.raises(ValidationError, match=plan.title):
        save_draft(keys[0], Typed(value="5"), version=0, by=f.person(Role.REPORTER, cast.office))
    assert Month(2014, 3) not in Situation.of([plan], date(2014, 9, 1)).open(plan)
    reopen_plan_month(plan, plan.first_month, by=coordinator, reason="更正")
    assert closed_in({Month(2014, 3)}).plan_of(keys[0]) is None
