"""Which plans a change is noted for: those that show what has changed, however many others there are."""

import pytest

from departments.models import Department, Region
from plans.models import Change, Plan
from plans.periods import Month
from targets.models import Indicator
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


def bureau(place: Region | None = None) -> Department:
    return f.department(place)


def noted(indicator: Indicator, month: str, place: Region | None = None) -> list[str]:
    """The codes of the plans for which a new figure is noted."""
    Change.objects.all().delete()
    figures = (1, 1) if indicator.is_ratio else (1,)
    f.official(f.entry(indicator, month, *figures, place=place))
    rows = Change.objects.filter(about_id=indicator.pk).values_list("plan_id", flat=True)
    return sorted(Plan.objects.filter(pk__in=list(rows)).values_list("code", flat=True))


def test_a_figure_is_noted_for_the_plans_that_use_its_indicator_and_no_others() -> None:
    air, quality, _other = (f.another_plan(code) for code in ("air", "quality", "other"))
    rate, growth = f.indicator(department=bureau()), f.indicator("level", department=bureau())
    f.target(rate, threshold=92, plan=air)
    f.target(f.indicator("level"), threshold_kind="indicator", operand=growth, plan=quality)
    f.target(f.indicator("level"), threshold_kind="indicator", operand=growth, plan=air)
    assert noted(rate, "2014-06") == ["air"]
    assert noted(growth, "2014-06") == ["air", "quality"]


def test_a_figure_is_noted_for_plans_that_hold_its_month_or_the_month_a_year_later() -> None:
    for year in (2013, 2014, 2015, 2016):
        f.another_plan(f"quality-{year}", year)
    five = f.another_plan("five-years", last_month=Month(2018, 12))
    rate = f.indicator(department=bureau())
    for plan in Plan.objects.all():
        f.target(rate, threshold=92, plan=plan)
    assert noted(rate, "2014-06") == ["five-years", "quality-2014", "quality-2015"]
    assert noted(rate, "2018-12") == [five.code]


def test_what_is_only_watched_is_noted_for_the_plans_of_its_own_region() -> None:
    here, there = f.region("100100"), f.region("100200")
    for place in (here, there):
        f.another_plan(f"plan-of-{place.code}", place=place)
    watched = f.indicator("level", department=bureau(there))
    assert noted(watched, "2014-06", there) == ["plan-of-100200"]
    f.target(watched, threshold=1, plan=f.another_plan("promising", 2019, place=there))
    assert noted(watched, "2014-07", there) == []


def test_one_figure_among_a_hundred_plans_writes_as_many_rows_as_plans_use_it() -> None:
    for number in range(100):
        plan = f.another_plan(f"plan-{number:03}")
        f.target(f.indicator("level", department=bureau()), threshold=1, plan=plan)
    indicator = Indicator.objects.order_by("pk")[50]
    f.coordinator()
    Change.objects.all().delete()
    f.official(f.entry(indicator, "2014-06", 1))
    plan = Plan.objects.get(code="plan-050")
    assert set(Change.objects.values_list("plan_id", flat=True)) == {plan.pk}
    assert Change.objects.count() <= 4


def test_a_target_that_is_edited_is_noted_for_the_plans_of_its_region_alone() -> None:
    """What one plan promises, the plans beside it no longer only watch."""
    quality, air = (f.another_plan(code) for code in ("quality", "air"))
    f.another_plan("elsewhere", place=f.region("100200"))
    promise = f.target(f.indicator(department=bureau()), threshold=92, plan=quality)
    Change.objects.all().delete()
    promise.name = "改名"
    promise.save()
    assert set(Change.objects.values_list("plan_id", flat=True)) == {quality.pk, air.pk}
