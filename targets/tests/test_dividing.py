"""How a promise is divided into steps and quotas, and what is refused."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import AuditEvent, Region, User
from departments.permissions import Role
from plans.periods import Month
from targets.arithmetic.sums import SumStanding, check_sum, uppermost_quotas
from targets.models import Attainment, Quota, Step, Target
from targets.reading.divisions import divisible_targets_of, issues_of, quota_versions_of
from targets.services.locking import close_plan_month
from targets.services.quotas import (
    QuotasChangedError,
    QuotasRefusedError,
    TargetDivision,
    divide_targets,
    quotas_in_force,
    set_quotas,
    sum_of,
)
from targets.tests import factories as f

pytestmark = pytest.mark.django_db


@pytest.fixture
def counties() -> list[Region]:
    city = f.region()
    return [f.region(f"10010{number}", city) for number in (1, 2)]


@pytest.fixture
def houses(counties: list[Region]) -> Target:
    """4 081 houses, to be divided among the counties."""
    return f.target(f.indicator("count", region_rule="sum"), "at_least", 4081, coverage="quotas")


def set_for(promise: Target, counties: list[Region], *numbers: int, by: User | None = None, **values: Any) -> Any:
    given: dict[str, Any] = {"from_month": Month(2014, 1), "source": "温质〔2014〕3号", "reason": "", **values}
    rows = {place.pk: D(number) for place, number in zip(counties, numbers, strict=False)}
    return set_quotas(target=promise, rows=rows, by=by or f.coordinator(), **given)


# --- Steps ------------------------------------------------------------------------------------------------------------


def test_steps_lead_to_the_threshold_before_it_is_due() -> None:
    promise = f.target(f.indicator("level"), "at_least", 100)
    f.step(promise, "2014-09-30", 80)
    f.step(promise, "2014-06-30", 60)
    assert [one.threshold for one in promise.steps.all()] == [60, 80]


@pytest.mark.parametrize("due", ["2014-01-31", "2014-12-31", "2013-12-31", "2015-01-01"])
def test_a_step_lies_after_the_first_month_and_before_the_due_date(due: str) -> None:
    promise = f.target(f.indicator("level"), "at_least", 100)
    with pytest.raises(ValidationError, match="due"):
        f.step(promise, due, 60)


@pytest.mark.parametrize(("comparator", "earlier", "wrong"), [("at_least", 60, (59, 101)), ("at_most", 130, (131, 99))])
def test_steps_go_in_the_comparator_s_direction(comparator: str, earlier: int, wrong: tuple[int, ...]) -> None:
    promise = f.target(f.indicator("level"), comparator, 100)
    f.step(promise, "2014-06-30", earlier)
    for number in wrong:
        with pytest.raises(ValidationError, match="threshold"):
            f.step(promise, "2014-09-30", number)


def test_a_count_s_step_is_not_below_its_beginning() -> None:
    with pytest.raises(ValidationError, match="threshold"):
        f.step(f.target(f.indicator("count"), "at_least", 100), "2014-06-30", -1)


def refused_steps() -> list[Callable[[], Target]]:
    other = {"threshold_kind": "baseline", "baseline": D(1)}
    return [
        lambda: f.target(f.indicator("count"), "at_most", 100),
        lambda: f.target(f.indicator("level"), "exactly", 100),
        lambda: f.target(f.indicator("level"), "between", 1, threshold_upper=D(2)),
        lambda: f.target(f.indicator("level"), "at_least", 2, **other),
        lambda: f.target(f.indicator("level"), "improves"),
    ]


@pytest.mark.parametrize("make", refused_steps())
def test_only_a_number_that_is_reached_or_kept_has_steps(make: Callable[[], Target]) -> None:
    with pytest.raises(ValidationError):
        f.step(make(), "2014-06-30", D("1.5"))


def test_a_day_has_one_step() -> None:
    promise = f.target(f.indicator("level"), "at_least", 100)
    f.step(promise, "2014-06-30", 60)
    with pytest.raises(ValidationError):
        Step(target=promise, due=date(2014, 6, 30), threshold=D(70)).full_clean()


# --- Quotas -----------------------------------------------------------------------------------------------------------


def test_quotas_are_set_together_with_their_paper(houses: Target, counties: list[Region]) -> None:
    found = set_for(houses, counties, 4000, 81)
    assert found == check_sum(D(4081), [D(4000), D(81)])
    assert [(one.region, one.threshold, one.source) for one in quotas_in_force(houses, Month(2014, 3)).values()] == [
        (counties[0], 4000, "温质〔2014〕3号"),
        (counties[1], 81, "温质〔2014〕3号"),
    ]
    event = AuditEvent.objects.get(action="quotas.set")
    assert event.detail["from_month"] == "2014-01"
    assert event.detail["regions"] == 2
    first, second = (f"{county.code} {county.name}" for county in counties)
    assert event.detail["before"] == {first: None, second: None}
    set_for(houses, counties[:1], 4081)
    told = AuditEvent.objects.filter(action="quotas.set").latest("pk").detail
    assert (told["before"], told["after"]) == ({first: "4000", second: "81"}, {first: "4081", second: None})


def test_quotas_that_come_to_less_than_the_whole_need_a_reason(houses: Target, counties: list[Region]) -> None:
    with pytest.raises(ValidationError, match="81"):
        set_for(houses, counties, 4000)
    assert not Quota.objects.exists()
    set_for(houses, counties, 4000, reason="余下81户由市本级承担")
    assert Quota.objects.get().reason == "余下81户由市本级承担"


def test_quotas_over_the_whole_are_set_and_told() -> None:
    assert check_sum(D(4081), [D(4000), D(100)]).outcome is SumStanding.OVER
    assert check_sum(D(4081), [D(4000), D(100)]).difference == 19
    assert check_sum(D(4081), [D(4081)]).outcome is SumStanding.EQUAL
    assert check_sum(D(4081), []).outcome is SumStanding.UNDER


def test_of_a_limit_less_is_more_and_what_comes_to_more_needs_a_reason(counties: list[Region]) -> None:
    """事故控制在100起以内: 90 among the counties is 加码, 110 may break the promise of the whole."""
    accidents = f.target(f.indicator("count", region_rule="sum", direction="lower"), "at_most", 100, coverage="quotas")
    stricter = set_for(accidents, counties, 50, 40)
    assert (stricter.falls_short, stricter.goes_beyond) == (False, True)
    with pytest.raises(ValidationError, match="110"):
        set_for(accidents, counties, 50, 60)
    assert set_for(accidents, counties, 50, 60, reason="含省直管企业").falls_short
    assert not check_sum(D(100), [D(100)], is_limit=True).goes_beyond


def test_what_a_town_owes_its_county_owes_already() -> None:
    assert uppermost_quotas({1: D(5), 2: D(3), 3: D(2)}, {1: 9, 2: 1, 3: 8, 8: 9, 9: None}) == [5, 2]


def test_figures_that_do_not_add_up_are_held_against_no_whole(counties: list[Region]) -> None:
    promise = f.target(f.indicator("count"), "at_least", 4081, coverage="quotas")
    assert sum_of(promise, {counties[0].pk: D(1)}) is None
    assert set_for(promise, counties, 1) is None


def test_a_region_that_is_left_out_owes_nothing_from_then_on(houses: Target, counties: list[Region]) -> None:
    set_for(houses, counties, 4000, 81)
    set_for(houses, counties, 4081, from_month=Month(2014, 7))
    assert list(quotas_in_force(houses, Month(2014, 6))) == [place.pk for place in counties]
    assert list(quotas_in_force(houses, Month(2014, 7))) == [counties[0].pk]


def test_the_same_month_is_set_again(houses: Target, counties: list[Region]) -> None:
    set_for(houses, counties, 4000, 81)
    set_for(houses, counties, 4081)
    assert [(one.region, one.threshold) for one in Quota.objects.all()] == [(counties[0], 4081)]


def test_who_may_not_close_months_sets_no_quotas(houses: Target, counties: list[Region]) -> None:
    for role in (Role.REPORTER, Role.REVIEWER, Role.LEADER, Role.COUNTY):
        with pytest.raises(PermissionDenied):
            set_for(houses, counties, 4081, by=f.person(role))


def test_a_closed_month_keeps_its_quotas(houses: Target, counties: list[Region]) -> None:
    close_plan_month(houses.plan, Month(2014, 3), by=f.coordinator())
    with pytest.raises(ValidationError) as refused:
        set_for(houses, counties, 4081, from_month=Month(2014, 2))
    assert refused.value.code == "month_locked"
    set_for(houses, counties, 4081, from_month=Month(2014, 4))


def test_a_quota_is_of_a_part_of_the_plan_s_region(houses: Target) -> None:
    for place in (houses.plan.region, f.region("200100")):
        with pytest.raises(ValidationError, match="region"):
            f.quota(houses, place, 1)


def test_a_count_is_divided_down_to_parts_of_parts_and_a_rate_among_its_parts(
    houses: Target, counties: list[Region]
) -> None:
    town = f.region("100111", counties[0])
    f.quota(houses, town, 5)
    rate = f.target(f.indicator(), "at_least", 92, coverage="parts")
    f.quota(rate, counties[0], 95)
    with pytest.raises(ValidationError, match="region"):
        f.quota(rate, town, 95)


@pytest.mark.parametrize("month", ["2013-12", "2015-01"])
def test_a_quota_holds_from_a_month_of_the_plan_on(houses: Target, counties: list[Region], month: str) -> None:
    with pytest.raises(ValidationError, match="from_month"):
        f.quota(houses, counties[0], 1, month)


def test_a_target_of_the_plan_s_region_alone_has_no_quotas(counties: list[Region]) -> None:
    with pytest.raises(ValidationError):
        f.quota(f.target(f.indicator(), "at_least", 92), counties[0], 95)
    with pytest.raises(ValidationError):
        f.quota(f.target(f.indicator(), "improves", coverage="parts"), counties[0], 95)


def test_a_target_with_quotas_goes_on_being_judged_for_its_parts(houses: Target, counties: list[Region]) -> None:
    f.quota(houses, counties[0], 1)
    houses.coverage = "whole"
    with pytest.raises(ValidationError, match="coverage"):
        houses.full_clean()


def test_a_region_s_version_is_given_once_a_month(houses: Target, counties: list[Region]) -> None:
    f.quota(houses, counties[0], 1)
    with pytest.raises(ValidationError):
        f.quota(houses, counties[0], 2)


def test_quotas_judge_at_once_and_the_whole_stays_as_it_is(houses: Target, counties: list[Region]) -> None:
    f.official(f.entry(houses.indicator, "2014-03", 1000, place=counties[0]))
    set_for(houses, counties, 4000, 81)
    f.recompute()
    row = f.attainment(houses, "2014-03", counties[0])
    assert (row.compared, row.pace, row.signal, row.quota) == (4000, 1000, "green", Quota.objects.get(threshold=4000))
    assert f.attainment(houses, "2014-03").compared == 4081
    assert Attainment.objects.filter(target=houses).count() == 36


# --- Bounds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "said"), [("-1", "最小值"), ("1001", "最大值"), ("0.0000001", "小数部分"), ("1000000000", "整数部分")]
)
def test_a_quota_keeps_the_bounds_of_its_indicator(counties: list[Region], number: str, said: str) -> None:
    promise = f.target(f.indicator("count", region_rule="sum", maximum=1000), "at_least", 500, coverage="quotas")
    with pytest.raises(ValidationError, match=said):
        set_quotas(
            target=promise, rows={counties[0].pk: D(number)}, from_month=Month(2014, 1), source="", reason="—",
            by=f.coordinator(),
        )  # fmt: skip
    assert not Quota.objects.exists()


# --- Several targets at once ------------------------------------------------------------------------------------------


def roads(number: int = 100) -> Target:
    return f.target(f.indicator("count", region_rule="sum", unit="条"), "at_least", number, coverage="quotas")


def divided(*divisions: TargetDivision, **values: Any) -> object:
    given: dict[str, Any] = {"from_month": Month(2014, 1), "source": "温质〔2014〕3号", "by": f.coordinator(), **values}
    return divide_targets(divisions[0].target.plan, divisions, **given)


def test_targets_are_divided_together(houses: Target, counties: list[Region]) -> None:
    first, second = counties
    other = roads()
    found = divided(
        TargetDivision(other, {first.pk: D(100)}), TargetDivision(houses, {first.pk: D(4000), second.pk: D(100)})
    )
    assert found == [check_sum(D(100), [D(100)]), check_sum(D(4081), [D(4100)])]
    assert Quota.objects.count() == 3


def test_of_targets_divided_together_nothing_is_stored_by_halves(houses: Target, counties: list[Region]) -> None:
    first, _second = counties
    other, third = roads(), roads()
    with pytest.raises(QuotasRefusedError) as refused:
        divided(
            TargetDivision(houses, {first.pk: D(4081)}),
            TargetDivision(other, {first.pk: D(99)}),
            TargetDivision(third, {first.pk: D(1)}),
        )
    assert set(refused.value.problems) == {other.pk, third.pk}
    assert not Quota.objects.exists()
    assert not AuditEvent.objects.filter(action="quotas.set").exists()


def test_a_reason_is_kept_with_what_comes_to_less_alone(houses: Target, counties: list[Region]) -> None:
    first, _second = counties
    other = roads()
    divided(
        TargetDivision(houses, {first.pk: D(4081)}),
        TargetDivision(other, {first.pk: D(99)}),
        reason="余1条由市本级承担",
    )
    assert dict(Quota.objects.values_list("target", "reason")) == {houses.pk: "", other.pk: "余1条由市本级承担"}


def test_targets_are_not_divided_from_a_closed_month_on(houses: Target, counties: list[Region]) -> None:
    close_plan_month(houses.plan, Month(2014, 3), by=f.coordinator())
    with pytest.raises(ValidationError) as refused:
        divided(TargetDivision(houses, {counties[0].pk: D(4081)}))
    assert refused.value.code == "month_locked"


def test_who_may_not_set_quotas_divides_nothing(houses: Target, counties: list[Region]) -> None:
    with pytest.raises(PermissionDenied):
        divided(TargetDivision(houses, {counties[0].pk: D(4081)}), by=f.person(Role.LEADER))


def test_what_can_be_divided_stands_in_the_plan_s_order(houses: Target) -> None:
    rate = f.target(f.indicator(), "at_least", 92, coverage="parts", order=1)
    f.target(f.indicator(), "improves", coverage="parts")
    f.target(f.indicator(), "at_least", 92)
    assert divisible_targets_of(houses.plan) == [houses, rate]


# --- Versions and how they came about ---------------------------------------------------------------------------------


def test_what_was_set_meanwhile_is_not_overwritten_unseen(houses: Target, counties: list[Region]) -> None:
    assert quota_versions_of([houses]) == {houses.pk: 0}
    set_for(houses, counties, 4000, 81, seen=0)
    with pytest.raises(QuotasChangedError, match=f"{counties[0].name} 4000") as refused:
        set_for(houses, counties, 3000, 1081, seen=0)
    assert [issue.from_month for issue in refused.value.issues] == [Month(2014, 1)]
    set_for(houses, counties, 3000, 1081, seen=quota_versions_of([houses])[houses.pk])
    assert quotas_in_force(houses, Month(2014, 1))[counties[0].pk].threshold == 3000


def test_setting_the_same_again_writes_nothing(houses: Target, counties: list[Region]) -> None:
    set_for(houses, counties, 4000, 81)
    before = quota_versions_of([houses])
    set_for(houses, counties, 4000, 81)
    assert quota_versions_of([houses]) == before


def test_the_history_tells_who_set_what_when_and_what_it_was_before(houses: Target, counties: list[Region]) -> None:
    first, second = f.coordinator(), f.person(Role.COORDINATOR)
    set_for(houses, counties, 4000, 81, by=first)
    set_for(houses, counties, 4081, by=second, source="温质〔2014〕9号")
    set_for(houses, counties, 4081, from_month=Month(2014, 7), by=second)
    later, corrected, begun = issues_of(houses)
    assert [(issue.by, str(issue.from_month)) for issue in (later, corrected, begun)] == [
        (str(second), "2014-07"),
        (str(second), "2014-01"),
        (str(first), "2014-01"),
    ]
    assert [(one.before, one.now, one.removed) for one in begun.changes] == [(None, 4000, False), (None, 81, False)]
    assert [(one.before, one.now, one.removed) for one in corrected.changes] == [(4000, 4081, False), (81, None, True)]
    assert corrected.source == "温质〔2014〕9号"
    assert issues_of(houses, later.number - 1) == [later]


def test_setting_the_quotas_of_many_targets_takes_few_queries_each(houses: Target) -> None:
    places = [f.region(f"10011{number}", houses.plan.region) for number in range(9)]
    by = f.coordinator()

    def counted(*promises: Target) -> int:
        with CaptureQueriesContext(connection) as captured:
            divided(*(TargetDivision(one, {place.pk: D(500) for place in places}) for one in promises), by=by)
        return len(captured)

    counted(houses)
    assert counted(roads(), roads(), roads()) <= 3 * (2 * len(places) + 18) + 2
