"""What several plans ask for: each figure once, of one reporter, in a constant number of queries."""

from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Region
from plans.models import Plan
from plans.periods import Month, months_of
from targets.expected.duties import FigureKey, expected_of, expected_over
from targets.models import Indicator
from targets.tests import factories as f

pytestmark = pytest.mark.django_db
JUNE = Month(2014, 6)


def government(place: Region) -> Department:
    return f.department(place, "county_government")


@pytest.fixture
def cast() -> SimpleNamespace:
    """A city with a county, and two plans of the city; a county's own plan; another city with a plan."""
    city, other = f.region("100100"), f.region("100200")
    county = f.region("100101", city)
    return SimpleNamespace(
        city=city,
        county=county,
        government=government(county),
        office=f.department(city),
        quality=f.another_plan("quality", place=city),
        air=f.another_plan("air", place=city),
        own=f.another_plan("own", place=county),
        elsewhere=f.another_plan("elsewhere", place=other),
        stranger=f.department(other),
    )


def asked_for(indicator: Indicator, *plans: Plan) -> dict[tuple[str, str], str]:
    """Region and month → who reports the indicator there, for June alone."""
    units = {unit.pk: unit.short_name for unit in Department.objects.all()}
    codes = dict(Region.objects.values_list("pk", "code"))
    figures = expected_over(plans, {JUNE}).figures
    return {
        (codes[key.region_id], str(key.month)): units[unit] if unit is not None else ""
        for key, unit in figures.items()
        if key.indicator_id == indicator.pk
    }


def test_a_figure_of_two_plans_is_expected_once_and_counts_for_both(cast: SimpleNamespace) -> None:
    shared, single = f.indicator(department=cast.office), f.indicator(department=cast.office)
    for plan in (cast.quality, cast.air):
        f.target(shared, threshold=92, plan=plan)
    f.target(single, threshold=92, plan=cast.air)
    expected = expected_over([cast.quality, cast.air])
    assert [key.indicator_id for key in expected.of(cast.office.pk, JUNE)] == [shared.pk, single.pk]
    assert expected.plans_of(FigureKey(shared.pk, cast.city.pk, JUNE)) == [cast.quality, cast.air]
    assert expected.plans_of(FigureKey(single.pk, cast.city.pk, JUNE)) == [cast.air]


def test_what_several_plans_ask_for_is_what_each_asks_for(cast: SimpleNamespace) -> None:
    for plan in (cast.quality, cast.air, cast.own):
        f.target(f.indicator("count", region_rule="sum", department=cast.office), threshold=10, plan=plan)
    plans = [cast.quality, cast.air, cast.own]
    together = expected_over(plans).figures
    assert set(together.items()) == {item for plan in plans for item in expected_of(plan).figures.items()}


def test_a_countys_figure_has_one_reporter_whichever_plan_asks(cast: SimpleNamespace) -> None:
    shared = f.indicator(department=cast.office)
    f.target(shared, threshold=60, plan=cast.quality, coverage="parts")
    f.target(shared, threshold=60, plan=cast.own)
    reporters = {("100100", "2014-06"): cast.office.short_name, ("100101", "2014-06"): cast.government.short_name}
    assert asked_for(shared, cast.quality, cast.own) == asked_for(shared, cast.own, cast.quality) == reporters


def test_a_countys_own_bureau_reports_what_is_its_own(cast: SimpleNamespace) -> None:
    bureau = f.department(cast.county)
    f.target(indicator := f.indicator(department=bureau), threshold=92, plan=cast.own)
    assert asked_for(indicator, cast.own) == {("100101", "2014-06"): bureau.short_name}


def test_a_countys_government_reports_for_the_countys_own_plan_what_it_is_named_for(cast: SimpleNamespace) -> None:
    f.target(indicator := f.indicator(department=cast.government), threshold=92, plan=cast.own)
    assert asked_for(indicator, cast.own) == {("100101", "2014-06"): cast.government.short_name}


def test_what_is_only_watched_is_asked_for_by_plans_of_its_own_region(cast: SimpleNamespace) -> None:
    watched = f.indicator("level", department=cast.office)
    assert asked_for(watched, cast.quality)
    assert not asked_for(watched, cast.elsewhere, cast.own)


def test_what_only_another_region_promises_is_still_watched(cast: SimpleNamespace) -> None:
    watched = f.indicator("level", department=cast.office)
    f.target(watched, threshold=1, plan=cast.own)
    assert asked_for(watched, cast.quality)


@pytest.mark.parametrize(("state", "watched"), [("draft", True), ("published", False)])
def test_what_a_plan_in_force_of_the_region_promises_is_not_watched_any_more(
    state: str, watched: bool, cast: SimpleNamespace
) -> None:
    indicator = f.indicator("level", department=cast.office)
    f.target(indicator, threshold=1, plan=cast.air)
    Plan.objects.filter(pk=cast.air.pk).update(state=state)
    assert bool(asked_for(indicator, cast.quality)) is watched


def test_where_several_regions_are_a_part_of_no_other_nobody_watches_what_no_department_reports(
    cast: SimpleNamespace,
) -> None:
    assert not asked_for(f.indicator("level"), cast.quality, cast.elsewhere)


def test_a_plan_over_several_years_expects_each_of_its_months(cast: SimpleNamespace) -> None:
    five = f.another_plan("five-years", place=cast.city, first_month=Month(2014, 7), last_month=Month(2016, 6))
    f.target(indicator := f.indicator("level", department=cast.office, frequency="quarterly"), threshold=1, plan=five)
    months = [str(key.month) for key in expected_of(five).figures if key.indicator_id == indicator.pk]
    assert months == [
        "2014-09", "2014-12", "2015-03", "2015-06", "2015-09", "2015-12", "2016-03", "2016-06",
    ]  # fmt: skip


def test_twelve_plans_take_as_many_queries_as_two(cast: SimpleNamespace) -> None:
    def plans_with_targets(numbers: range) -> list[Plan]:
        made = [f.another_plan(f"plan-{number}", place=cast.city) for number in numbers]
        for plan in made:
            f.target(f.indicator("count", region_rule="sum", department=cast.office), threshold=9, plan=plan)
        return made

    def queries(plans: list[Plan]) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert expected_over(plans, set(months_of(2014))).figures
        return len(captured)

    two = plans_with_targets(range(2))
    few = queries(two)
    assert queries([*two, *plans_with_targets(range(2, 12))]) == few == 6


def test_quotas_take_one_query_more_however_many_targets_have_them(cast: SimpleNamespace) -> None:
    def queries() -> int:
        divided = f.indicator("count", region_rule="sum")
        f.quota(f.target(divided, threshold=9, plan=cast.quality, coverage="quotas"), cast.county, 9)
        with CaptureQueriesContext(connection) as captured:
            expected_of(cast.quality, {JUNE})
        return len(captured)

    assert [queries(), queries(), queries()] == [7, 7, 7]
