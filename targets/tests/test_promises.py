"""What an indicator and a promise may look like: each rule kept and broken, in the form and in the database."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils.translation import override

from departments.models import Department, Region
from plans.models import Clause, Plan
from plans.periods import Month
from plans.tests.factories import plan_of_year
from targets.models import Indicator, Target, TargetAssignment

pytestmark = pytest.mark.django_db

Fields = dict[str, Any]

LEVEL: Fields = {"measure": "level", "direction": "higher", "time_rule": "last"}
COUNT: Fields = {"measure": "count", "direction": "higher", "time_rule": "sum"}
RATIO: Fields = {
    "measure": "ratio", "direction": "higher", "time_rule": "pooled", "denominator_rule": "sum", "scale": 100
}  # fmt: skip
EVENT: Fields = {"measure": "event", "direction": "higher", "time_rule": "max"}
TEXT = "确保合格率达到92%以上,年内通过验收。"

KEPT_BY_INDICATORS: list[tuple[str, Fields]] = [
    ("indicator_ratio_is_pooled_or_last", RATIO),
    ("indicator_ratio_is_pooled_or_last", RATIO | {"time_rule": "last", "denominator_rule": "last"}),
    ("indicator_ratio_is_pooled_or_last", RATIO | {"denominator_rule": "last", "scale": 1}),
    ("indicator_event_rule", EVENT),
    ("indicator_level_rule", LEVEL | {"time_rule": "mean"}),
    ("indicator_level_rule", LEVEL | {"time_rule": "max"}),
    ("indicator_count_rule", COUNT),
    ("indicator_count_rule", COUNT | {"time_rule": "last"}),
    ("indicator_to_date_rule", COUNT | {"entry_basis": "to_date"}),
    ("indicator_to_date_rule", LEVEL | {"entry_basis": "to_date"}),
    ("indicator_to_date_rule", RATIO | {"entry_basis": "to_date"}),
    ("indicator_region_rule", COUNT | {"region_rule": "sum"}),
    ("indicator_region_rule", LEVEL | {"region_rule": "sum"}),
    ("indicator_region_rule", RATIO | {"region_rule": "pooled"}),
]

BROKEN_BY_INDICATORS: list[tuple[str, Fields]] = [
    ("indicator_ratio_is_pooled_or_last", RATIO | {"time_rule": "mean"}),
    ("indicator_ratio_is_pooled_or_last", RATIO | {"time_rule": "sum"}),
    ("indicator_ratio_is_pooled_or_last", RATIO | {"denominator_rule": ""}),
    ("indicator_ratio_is_pooled_or_last", LEVEL | {"time_rule": "pooled"}),
    ("indicator_ratio_is_pooled_or_last", COUNT | {"denominator_rule": "sum"}),
    ("indicator_ratio_is_pooled_or_last", COUNT | {"scale": 100}),
    ("indicator_event_rule", EVENT | {"time_rule": "last"}),
    ("indicator_event_rule", EVENT | {"region_rule": "sum", "time_rule": "last"}),
    ("indicator_event_rule", EVENT | {"entry_basis": "to_date", "time_rule": "last"}),
    ("indicator_level_rule", LEVEL | {"time_rule": "sum"}),
    ("indicator_count_rule", COUNT | {"time_rule": "mean"}),
    ("indicator_to_date_rule", LEVEL | {"entry_basis": "to_date", "time_rule": "mean"}),
    ("indicator_to_date_rule", COUNT | {"entry_basis": "to_date", "time_rule": "max"}),
    ("indicator_region_rule", RATIO | {"region_rule": "sum"}),
    ("indicator_region_rule", COUNT | {"region_rule": "pooled"}),
    ("indicator_region_rule", LEVEL | {"region_rule": "sum", "time_rule": "mean"}),
]

CONSTANT: Fields = {"comparator": "at_least", "threshold_kind": "constant", "threshold": 92}
NOTHING: Fields = {"comparator": "improves", "threshold_kind": "nothing"}
BETWEEN: Fields = {"comparator": "between", "threshold_kind": "constant", "threshold": 1, "threshold_upper": 2}
BASELINE: Fields = {"comparator": "at_least", "threshold_kind": "baseline", "threshold": 2}
ELSEWHERE: Fields = {"comparator": "at_least", "threshold_kind": "elsewhere"}
ABOUT: Fields = {"comparator": "about", "threshold_kind": "constant", "threshold": 6, "tolerance": Decimal("0.5")}
OPERAND: Fields = {"comparator": "more_than", "threshold_kind": "indicator", "operand": "other"}

KEPT_BY_TARGETS: list[tuple[str, Fields]] = [
    ("target_threshold_fits_kind", CONSTANT | {"threshold": 0}),
    ("target_threshold_fits_kind", OPERAND),
    ("target_threshold_fits_kind", BASELINE),
    ("target_threshold_fits_kind", BASELINE | {"baseline": Decimal("21.4")}),
    ("target_threshold_fits_kind", NOTHING),
    ("target_threshold_fits_kind", CONSTANT | {"threshold_kind": "last_year", "threshold": -3}),
    ("target_threshold_fits_kind", BASELINE | {"threshold_kind": "baseline_share", "baseline_year": 2015}),
    ("target_threshold_fits_kind", ELSEWHERE),
    ("target_kind_fits_comparator", NOTHING | {"comparator": "none"}),
    ("target_kind_fits_comparator", BASELINE | {"comparator": "at_most"}),
    ("target_upper_iff_between", BETWEEN),
    ("target_upper_iff_between", BETWEEN | {"threshold_upper": 1}),
    ("target_tolerance_iff_about", ABOUT),
    ("target_tolerance_iff_about", ABOUT | {"tolerance": 0}),
]

BROKEN_BY_TARGETS: list[tuple[str, Fields]] = [
    ("target_threshold_fits_kind", CONSTANT | {"threshold": None}),
    ("target_threshold_fits_kind", CONSTANT | {"operand": "other"}),
    ("target_threshold_fits_kind", CONSTANT | {"baseline": 1}),
    ("target_threshold_fits_kind", OPERAND | {"operand": None}),
    ("target_threshold_fits_kind", OPERAND | {"threshold": 1}),
    ("target_threshold_fits_kind", BASELINE | {"threshold": None}),
    ("target_threshold_fits_kind", NOTHING | {"threshold": 1}),
    ("target_threshold_fits_kind", CONSTANT | {"threshold_kind": "last_year", "threshold": None}),
    ("target_threshold_fits_kind", BASELINE | {"threshold_kind": "baseline_share", "threshold": None}),
    ("target_threshold_fits_kind", CONSTANT | {"baseline_year": 2015}),
    ("target_threshold_fits_kind", ELSEWHERE | {"threshold": 1}),
    ("target_kind_fits_comparator", CONSTANT | {"comparator": "improves"}),
    ("target_kind_fits_comparator", CONSTANT | {"comparator": "none"}),
    ("target_kind_fits_comparator", NOTHING | {"comparator": "at_least"}),
    ("target_kind_fits_comparator", OPERAND | {"comparator": "between", "threshold_upper": None}),
    ("target_upper_iff_between", CONSTANT | {"threshold_upper": 95}),
    ("target_upper_iff_between", BETWEEN | {"threshold_upper": None}),
    ("target_upper_iff_between", BETWEEN | {"threshold_upper": Decimal("0.5")}),
    ("target_tolerance_iff_about", ABOUT | {"tolerance": None}),
    ("target_tolerance_iff_about", CONSTANT | {"tolerance": 1}),
]

Make = Callable[..., Target]


def make_indicator(code: str = "rate", **fields: Any) -> Indicator:
    return Indicator(**{"code": code, "name": f"Indicator {code}"} | LEVEL | fields)


@pytest.fixture
def plan() -> Plan:
    province = Region.objects.create(code="980000", name="Province", kind="city")
    region = Region.objects.create(code="990000", name="City", kind="city", parent=province)
    return plan_of_year(2030, region=region)


@pytest.fixture
def make_target(plan: Plan) -> Make:
    """`make_target(code, **fields)`: an unsaved promise; `indicator` and `operand` may be codes."""
    clause = Clause.objects.create(plan=plan, path="一", order=1, text=TEXT)
    measured = {code: make_indicator(code) for code in ("rate", "other", "third")}
    measured["count"] = make_indicator("count", **COUNT)
    measured["to-date"] = make_indicator("to-date", **COUNT | {"entry_basis": "to_date"})
    measured["pooled"] = make_indicator("pooled", **RATIO | {"region_rule": "pooled"})
    measured["event"] = make_indicator("event", **EVENT)
    Indicator.objects.bulk_create(measured.values())

    def make(code: str = "promise", **fields: Any) -> Target:
        promise = {
            "clause": clause,
            "quote": "达到92%以上",
            "indicator": "rate",
            "due": date(2030, 12, 31),
            "name": code,
        }
        given = promise | ({} if "comparator" in fields else CONSTANT) | fields
        references = {name: measured.get(str(given.get(name))) for name in ("indicator", "operand")}
        return Target(plan=plan, code=code, **given | references)

    return make


def assert_refused_everywhere(instance: models.Model, name: str) -> None:
    """By `full_clean` with the constraint's own sentence, and by the database under a constraint's name."""
    (constraint,) = [constraint for constraint in instance._meta.constraints if constraint.name == name]
    with override("en"), pytest.raises(ValidationError) as refused:
        instance.full_clean()
    assert constraint.get_violation_error_message() in refused.value.messages
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        instance.save()
    assert any(constraint.name in str(caught.value) for constraint in instance._meta.constraints)


@pytest.mark.parametrize(("name", "fields"), KEPT_BY_INDICATORS)
def test_an_indicator_that_keeps_the_rule_is_stored(name: str, fields: Fields) -> None:
    indicator = make_indicator(**fields)
    indicator.full_clean()
    indicator.save()


@pytest.mark.parametrize(("name", "fields"), BROKEN_BY_INDICATORS)
def test_an_indicator_that_breaks_the_rule_is_refused(name: str, fields: Fields) -> None:
    with override("en"):
        assert_refused_everywhere(make_indicator(**fields), name)


def test_every_rule_of_indicators_is_kept_and_broken_above() -> None:
    checks = {rule.name for rule in Indicator._meta.constraints if isinstance(rule, models.CheckConstraint)}
    assert checks == {name for name, _fields in KEPT_BY_INDICATORS} == {name for name, _fields in BROKEN_BY_INDICATORS}


def test_every_rule_of_targets_is_kept_and_broken_above() -> None:
    checks = {rule.name for rule in Target._meta.constraints if isinstance(rule, models.CheckConstraint)}
    assert checks == {name for name, _fields in KEPT_BY_TARGETS} == {name for name, _fields in BROKEN_BY_TARGETS}


@pytest.mark.parametrize(("low", "high"), [("minimum", "maximum"), ("usual_low", "usual_high")])
def test_bounds_may_be_equal_but_not_crossed(low: str, high: str) -> None:
    equal: Fields = {low: Decimal(0), high: Decimal(0)}
    make_indicator(**equal).full_clean()
    with pytest.raises(ValidationError, match=high):
        make_indicator(**equal | {low: Decimal("0.000001")}).full_clean()


@pytest.mark.parametrize("fields", [{"name": "Other"}, {"code": "other"}])
def test_code_and_name_of_an_indicator_are_each_given_once(fields: Fields) -> None:
    make_indicator().save()
    twin = make_indicator(**{"name": "Indicator rate"} | fields)
    with pytest.raises(ValidationError):
        twin.full_clean()
    with pytest.raises(IntegrityError):
        twin.save()


@pytest.mark.parametrize(("name", "fields"), KEPT_BY_TARGETS)
def test_a_promise_that_keeps_the_rule_is_stored(name: str, fields: Fields, make_target: Make) -> None:
    target = make_target(**fields)
    target.full_clean()
    target.save()


@pytest.mark.parametrize(("name", "fields"), BROKEN_BY_TARGETS)
def test_a_promise_that_breaks_the_rule_is_refused(name: str, fields: Fields, make_target: Make) -> None:
    with override("en"):
        assert_refused_everywhere(make_target(**fields), name)


def test_a_code_is_given_once_a_plan(make_target: Make) -> None:
    make_target().save()
    with pytest.raises(ValidationError):
        make_target().full_clean()
    with pytest.raises(IntegrityError):
        make_target().save()


def test_a_quote_that_stands_word_for_word_is_accepted(make_target: Make) -> None:
    make_target(quote="确保合格率达到92%以上").full_clean()


@pytest.mark.parametrize("quote", ["达到93%以上", "达到 92%以上", "达到92%以上。", ""])
def test_a_quote_that_does_not_stand_word_for_word_is_refused(quote: str, make_target: Make) -> None:
    with pytest.raises(ValidationError, match="quote"):
        make_target(quote=quote).full_clean()


def test_a_clause_of_another_plan_is_refused(plan: Plan, make_target: Make) -> None:
    other = plan_of_year(2031, region=plan.region)
    clause = Clause.objects.create(plan=other, path="一", order=1, text=TEXT)
    with pytest.raises(ValidationError, match="clause"):
        make_target(clause=clause).full_clean()


def test_an_event_is_promised_with_done_by_and_a_figure_is_not(make_target: Make) -> None:
    done = NOTHING | {"comparator": "done_by"}
    make_target(indicator="event", **done).full_clean()
    for wrong in (make_target(indicator="event"), make_target(**done)):
        with pytest.raises(ValidationError, match="comparator"):
            wrong.full_clean()


def test_a_count_promised_for_the_whole_is_not_promised_for_its_parts(make_target: Make) -> None:
    make_target(coverage="parts").full_clean()
    make_target(indicator="count", coverage="parts", **NOTHING).full_clean()
    with pytest.raises(ValidationError, match="coverage"):
        make_target(indicator="count", coverage="parts").full_clean()


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"indicator": "rate", **CONSTANT}, "coverage"),
        ({"indicator": "count", **BASELINE}, "coverage"),
        ({"indicator": "count", **BETWEEN}, "coverage"),
        ({"indicator": "count", **NOTHING}, "coverage"),
    ],
)
def test_quotas_are_of_counts_with_a_number(fields: Fields, wrong: str, make_target: Make) -> None:
    make_target(indicator="count", coverage="quotas").full_clean()
    with pytest.raises(ValidationError, match=wrong):
        make_target(coverage="quotas", **fields).full_clean()


@pytest.mark.parametrize(("comparator", "beyond", "short"), [("at_least", 95, 90), ("at_most", 90, 95)])
def test_an_aspiration_lies_beyond_the_number_that_binds(
    comparator: str, beyond: int, short: int, make_target: Make
) -> None:
    fields = CONSTANT | {"comparator": comparator}
    make_target(aspiration=beyond, **fields).full_clean()
    for wrong in (short, 92):
        with pytest.raises(ValidationError, match="aspiration"):
            make_target(aspiration=wrong, **fields).full_clean()


@pytest.mark.parametrize("fields", [BASELINE, CONSTANT | {"comparator": "exactly"}, BETWEEN])
def test_only_a_number_on_one_side_has_an_aspiration(fields: Fields, make_target: Make) -> None:
    with pytest.raises(ValidationError, match="aspiration"):
        make_target(aspiration=95, **fields).full_clean()


@pytest.mark.parametrize("fields", [NOTHING, CONSTANT | {"threshold_kind": "last_year", "threshold": -3}])
def test_what_is_compared_with_last_year_is_counted_by_year(fields: Fields, make_target: Make) -> None:
    make_target(**fields).full_clean()
    with pytest.raises(ValidationError, match="counting"):
        make_target(counting="plan", **fields).full_clean()


def test_totals_since_january_are_counted_over_a_plan_only_if_it_begins_in_january(
    plan: Plan, make_target: Make
) -> None:
    make_target(indicator="to-date", counting="plan").full_clean()
    plan.first_month = Month(2030, 7)
    make_target(indicator="to-date").full_clean()
    with pytest.raises(ValidationError, match="counting"):
        make_target(indicator="to-date", counting="plan").full_clean()
    with pytest.raises(ValidationError, match="counting"):
        make_target(counting="plan", **OPERAND | {"operand": "to-date"}).full_clean()


def test_a_pace_begins_in_the_plan_and_before_its_due_month_is_over(make_target: Make) -> None:
    make_target(first_month=Month(2030, 12)).full_clean()
    for month, due in ((Month(2029, 12), 12), (Month(2031, 1), 12), (Month(2030, 7), 6)):
        with pytest.raises(ValidationError, match="first_month"):
            make_target(first_month=month, due=Month(2030, due).last_day).full_clean()


def test_another_region_s_figure_is_that_of_an_indicator_measured_there(plan: Plan, make_target: Make) -> None:
    make_target(**ELSEWHERE).full_clean()
    with pytest.raises(ValidationError, match="threshold_kind"):
        make_target(indicator="pooled", **ELSEWHERE).full_clean()
    plan.region.parent = None
    with pytest.raises(ValidationError, match="operand_region"):
        make_target(**ELSEWHERE).full_clean()


def test_no_region_is_compared_with_itself(plan: Plan, make_target: Make) -> None:
    county = Region.objects.create(code="990100", name="County", kind="county", parent=plan.region)
    make_target(operand_region=county, **ELSEWHERE).full_clean()
    for coverage, region in (("whole", plan.region), ("parts", county)):
        with pytest.raises(ValidationError, match="operand_region"):
            make_target(operand_region=region, coverage=coverage, **ELSEWHERE).full_clean()


def compared(make_target: Make, indicator: str, operand: str) -> Target:
    """A promise that compares one indicator with another."""
    return make_target(f"{indicator}-{operand}", indicator=indicator, **OPERAND | {"operand": operand})


def test_an_indicator_may_be_compared_with_the_same_other_one_twice(make_target: Make) -> None:
    compared(make_target, "rate", "other").save()
    make_target("again", **OPERAND).full_clean()


def test_a_chain_of_comparisons_is_accepted(make_target: Make) -> None:
    compared(make_target, "rate", "other").save()
    compared(make_target, "other", "third").full_clean()


def test_an_indicator_is_not_compared_with_itself(make_target: Make) -> None:
    with pytest.raises(ValidationError, match="operand"):
        compared(make_target, "rate", "rate").full_clean()


@pytest.mark.parametrize("chain", [["other"], ["other", "third"]])
def test_a_loop_of_comparisons_is_refused_however_long(chain: list[str], make_target: Make) -> None:
    path = ["rate", *chain]
    for own, operand in zip(path, chain, strict=False):
        compared(make_target, own, operand).save()
    with pytest.raises(ValidationError, match="operand"):
        compared(make_target, path[-1], "rate").full_clean()


def test_a_promise_turned_round_is_not_in_its_own_way(make_target: Make) -> None:
    """The stored comparison of the promise that is being changed no longer counts."""
    compared(make_target, "rate", "other").save()
    target = Target.objects.get()
    target.indicator_id, target.operand_id = Indicator.objects.get(code="other").pk, target.indicator_id
    target.full_clean()


def test_a_tolerance_is_not_negative(make_target: Make) -> None:
    with pytest.raises(ValidationError, match="tolerance"):
        make_target(**ABOUT | {"tolerance": Decimal("-0.1")}).full_clean()


def test_a_warning_margin_is_not_negative(make_target: Make) -> None:
    make_target(warning_margin=0).full_clean()
    with pytest.raises(ValidationError, match="warning_margin"):
        make_target(warning_margin=Decimal("-0.1")).full_clean()


@pytest.mark.parametrize("threshold", ["0.0000001", "1234567890.1"])
def test_a_threshold_that_would_be_rounded_is_refused(threshold: str, make_target: Make) -> None:
    with pytest.raises(ValidationError, match="threshold"):
        make_target(threshold=Decimal(threshold)).full_clean()


@pytest.mark.parametrize(("quote", "accepted"), [("", True), ("合格率", True), ("市水利局牵头", False)])
def test_a_responsibility_quotes_the_plan_or_nothing(quote: str, accepted: bool, plan: Plan, make_target: Make) -> None:
    target = make_target()
    target.save()
    unit = Department.objects.create(code="water", name="水利局", short_name="水利", kind="bureau", region=plan.region)
    duty = TargetAssignment(target=target, department=unit, role="lead", quote=quote)
    if accepted:
        duty.full_clean()
    else:
        with pytest.raises(ValidationError, match="quote"):
            duty.full_clean()


def test_a_department_has_one_role_for_a_promise(plan: Plan, make_target: Make) -> None:
    target = make_target()
    target.save()
    unit = Department.objects.create(code="water", name="水利局", short_name="水利", kind="bureau", region=plan.region)
    TargetAssignment.objects.create(target=target, department=unit, role="lead")
    again = TargetAssignment(target=target, department=unit, role="support")
    with pytest.raises(ValidationError):
        again.full_clean()
    with pytest.raises(IntegrityError):
        again.save()
