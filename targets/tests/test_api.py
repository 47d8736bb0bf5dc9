"""What other systems read of indicators, targets, attainments and official figures."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from departments.database.append_only import rewriting
from departments.http_api.contract import write_moment
from departments.models import Region, User
from departments.permissions import Role
from departments.tests.callers import Ask, asking, cost, faults
from plans.models import Plan
from plans.periods import Month
from targets.judging.recompute import recompute_all
from targets.models import Attainment, Observation, Revision, Target, TargetAssignment
from targets.tests import factories as f
from targets.tests.divided import PAPER, divided
from targets.wording.explanation import attainment_texts_of, explain_attainment

pytestmark = pytest.mark.django_db


@pytest.fixture
def ask() -> Ask:
    return asking(f.person(Role.LEADER))


@pytest.fixture
def promise() -> Target:
    """Worked example 1: at least 92 %, from January to March 465 of 500."""
    measured = f.indicator("ratio", numerator_name="合格", denominator_name="抽检")
    made = f.target(measured, "at_least", 92)
    figures = {"2014-01": (180, 200), "2014-02": (190, 200), "2014-03": (95, 100)}
    f.official(*(f.entry(measured, month, *parts) for month, parts in figures.items()))
    return made


def officer_of(place: Region) -> User:
    return f.person(Role.COUNTY, f.department(place))


def item(answer: Any, **values: object) -> dict[str, Any]:
    """The one item with these values."""
    assert answer.status_code == 200, answer.content
    (found,) = [one for one in answer.json()["items"] if values.items() <= one.items()]
    return found


def test_indicators_have_all_fields_of_the_domain(ask: Ask) -> None:
    unit = f.department()
    made = f.indicator(department=unit, minimum=Decimal(0), maximum=Decimal("100.50"))
    assert item(ask("/indicators"), code=made.code) == {
        "code": made.code,
        "name": made.name,
        "measure": "ratio",
        "direction": "higher",
        "entry_basis": "month",
        "time_rule": "pooled",
        "denominator_rule": "sum",
        "region_rule": "own",
        "frequency": "monthly",
        "unit": "%",
        "scale": "100",
        "decimals": 2,
        "minimum": "0",
        "maximum": "100.5",
        "usual_low": None,
        "usual_high": None,
        "numerator_name": "",
        "numerator_unit": "",
        "denominator_name": "",
        "denominator_unit": "",
        "definition": "",
        "source": "",
        "department": unit.code,
    }


def test_every_target_of_the_plan_is_answered_with_its_words(plan_2014: Plan, ask: Ask) -> None:
    answer = ask("/plans/2014/targets").json()
    assert answer["count"] == Target.objects.count() == len(answer["items"])
    for one in answer["items"]:
        assert one["quote"] in plan_2014.clauses.get(path=one["clause"]).text
        assert one["departments"]


def test_a_target_has_the_fields_of_the_contract(plan_2014: Plan, ask: Ask) -> None:
    found = item(ask("/plans/2014/targets"), code="quality-investment-growth")
    assert {"quote", "departments", "baseline_source", "order"} <= set(found)
    assert (found["comparator"], found["threshold_kind"], found["threshold"]) == ("at_least", "indicator", None)
    assert (found["operand"], found["unit"], found["due"]) == ("gdp-growth", "%", "2014-12-31")
    assert (found["firmness"], found["headline"], found["clause"]) == ("binding", True, "一")
    assert item(ask("/plans/2014/targets"), code="equipment-accidents")["threshold"] == "0.42"
    between = item(ask("/plans/2014/targets"), code="associations-chosen")
    assert (between["threshold"], between["threshold_upper"]) == ("1", "2")


def test_a_target_tells_its_steps_and_all_versions_of_its_quotas(ask: Ask) -> None:
    city, houses = f.region(), f.indicator("count", region_rule="sum")
    promise = f.target(houses, "at_least", 400, coverage="quotas", aspiration=Decimal(450), first_month=Month(2014, 2))
    part = f.region("100101", city)
    f.step(promise, "2014-06-30", 150)
    f.quota(promise, part, 300, source="1号")
    f.quota(promise, part, None, "2014-07", source="2号")
    found = item(ask("/plans/2014/targets"))
    assert (found["coverage"], found["counting"], found["first_month"]) == ("quotas", "year", "2014-02")
    assert (found["aspiration"], found["tolerance"], found["operand_region"]) == ("450", None, None)
    assert found["steps"] == [{"due": "2014-06-30", "threshold": "150"}]
    assert found["quotas"] == [
        {"region": "100101", "threshold": "300", "from_month": "2014-01", "source": "1号"},
        {"region": "100101", "threshold": None, "from_month": "2014-07", "source": "2号"},
    ]


def test_a_county_is_told_its_own_quota_alone() -> None:
    city = f.region()
    own, other = f.region("100101", city), f.region("100102", city)
    houses = f.target(f.indicator("count", region_rule="sum"), "at_least", 400, coverage="quotas")
    for place, number in ((own, 300), (other, 100)):
        f.quota(houses, place, number)
    told = item(asking(officer_of(own))("/plans/2014/targets"))["quotas"]
    assert [(quota["region"], quota["threshold"]) for quota in told] == [(own.code, "300")]


def test_a_target_tells_what_it_is_compared_with(ask: Ask) -> None:
    other, rate = f.region("200100"), f.indicator(region_rule="own")
    f.target(rate, "at_least", threshold_kind="elsewhere", operand_region=other)
    f.target(rate, "about", 6, tolerance=Decimal("0.5"))
    share = {"threshold_kind": "baseline_share", "baseline_year": 2012}
    f.target(rate, "at_most", -15, **share)
    elsewhere, about, changed = ask("/plans/2014/targets").json()["items"]
    assert (elsewhere["threshold_kind"], elsewhere["operand_region"]) == ("elsewhere", "200100")
    assert (about["comparator"], about["tolerance"]) == ("about", "0.5")
    assert (changed["baseline"], changed["baseline_year"], changed["threshold"]) == (None, 2012, "-15")


def test_every_target_is_judged_from_the_fixtures_alone(plan_2014: Plan, ask: Ask) -> None:
    recompute_all()
    answer = ask("/plans/2014/attainment").json()
    assert [one["target"] for one in answer["items"]] == [one.code for one in Target.objects.order_by("order")]
    assert {(one["region"], one["month"], one["verdict"]) for one in answer["items"]} == {
        ("330300", "2014-01", "no_data")
    }


def test_an_attainment_has_the_fields_of_the_contract(ask: Ask, promise: Target) -> None:
    row = f.attainment(promise, "2014-03")
    assert item(ask("/plans/2014/attainment")) == {
        "target": promise.code,
        "region": "100100",
        "month": "2014-03",
        "actual": "93",
        "shown": attainment_texts_of(row).actual,
        "threshold": "92",
        "verdict": "met",
        "reason": None,
        "signal": "green",
        "quota": None,
        "completion": None,
        "progress": None,
        "time_progress": "0.25",
        "needed": item(ask("/plans/2014/attainment"))["needed"],
        "needed_reachable": True,
        "done_on": None,
        "freshness": {"last_month": "2014-03", "missing": []},
        "explanation": explain_attainment(row),
        "revisions": sorted(Revision.objects.values_list("pk", flat=True)),
        "target_version": 1,
        "formula_version": row.formula_version,
        "inputs_hash": row.inputs_hash,
    }


def test_an_attainment_tells_the_quota_in_force_and_its_completion(ask: Ask) -> None:
    case = divided()
    owed, free = (
        item(ask("/plans/2014/attainment", month="2014-06", region=place.code)) for place in (case.large, case.free)
    )
    assert owed["quota"] == {"region": case.large.code, "threshold": "800", "from_month": "2014-01", "source": PAPER}
    assert (owed["threshold"], owed["completion"]) == ("800", "0.375")
    assert (free["quota"], free["completion"], free["reason"], free["actual"]) == (None, None, "not_owed", "10")


def test_a_number_that_does_not_end_has_at_least_twelve_digits(ask: Ask) -> None:
    measured = f.indicator("ratio")
    f.target(measured, "at_least", 92)
    f.official(f.entry(measured, "2014-01", 1160, 1243))
    found = item(ask("/plans/2014/attainment"))
    assert found["actual"].startswith("93.3226065969")
    assert found["time_progress"].startswith("0.083333333333")


def test_a_zero_is_no_gap(ask: Ask) -> None:
    measured = f.indicator("count", direction="lower")
    f.target(measured, "none")
    f.official(f.entry(measured, "2014-01", 0))
    found = item(ask("/plans/2014/attainment"))
    assert (found["actual"], found["threshold"], found["verdict"]) == ("0", "0", "met")


def test_what_cannot_be_judged_says_why(ask: Ask) -> None:
    measured, other = f.indicator("level"), f.indicator("level")
    f.target(measured, "at_least", threshold_kind="indicator", operand=other)
    f.official(f.entry(measured, "2014-02", 9.3))
    found = item(ask("/plans/2014/attainment"))
    assert (found["verdict"], found["reason"], found["threshold"]) == ("not_assessable", "operand_missing", None)
    assert found["freshness"] == {"last_month": "2014-02", "missing": ["2014-01"]}
    f.official(f.entry(other, "2014-02", 7.2))
    assert item(ask("/plans/2014/attainment"))["threshold"] == "7.2"


def test_the_month_can_be_chosen(ask: Ask, promise: Target) -> None:
    found = item(ask("/plans/2014/attainment", month="2014-01"))
    assert (found["month"], found["actual"], found["verdict"]) == ("2014-01", "90", "not_met")


def test_a_target_is_followed_through_the_months(ask: Ask, promise: Target) -> None:
    answer = ask(f"/plans/2014/targets/{promise.code}/attainment").json()
    assert answer["count"] == 12
    assert [one["month"] for one in answer["items"]] == [f"2014-{number:02d}" for number in range(1, 13)]
    assert [one["actual"] for one in answer["items"][:4]] == ["90", "92.5", "93", "93"]


def test_what_was_official_then_can_be_asked(ask: Ask, promise: Target) -> None:
    before = timezone.now()
    then = item(ask("/plans/2014/attainment"))
    f.official(f.entry(promise.indicator, "2014-01", 100, 200))
    now = item(ask("/plans/2014/attainment"))
    stored = Attainment.objects.count()
    assert (then["actual"], now["actual"]) == ("93", "77")
    assert item(ask("/plans/2014/attainment", as_of=write_moment(before))) == then
    assert item(ask("/plans/2014/attainment", as_of=write_moment(timezone.now()))) == now
    address = f"/plans/2014/targets/{promise.code}/attainment"
    through = ask(address, as_of=write_moment(before)).json()
    assert [one["actual"] for one in through["items"][:3]] == ["90", "92.5", "93"]
    assert Attainment.objects.count() == stored


def test_before_the_first_figure_there_was_no_data(ask: Ask, promise: Target) -> None:
    found = item(ask("/plans/2014/attainment", as_of="2014-01-01T00:00:00+08:00"))
    assert (found["verdict"], found["month"], found["freshness"]["last_month"]) == ("no_data", "2014-01", None)


def test_a_time_without_offset_is_read_in_shanghai(ask: Ask, promise: Target) -> None:
    with rewriting():
        Revision.objects.update(official_at=datetime(2014, 7, 5, 4, tzinfo=UTC))
    known = [
        item(ask("/plans/2014/attainment", as_of=text))["verdict"] != "no_data"
        for text in ("2014-07-05T11:59:59", "2014-07-05T12:00:00", "2014-07-05T04:00:00Z", "2014-07-05T03:59:59+00:00")
    ]
    assert known == [False, True, True, False]


def test_the_explanation_speaks_the_readers_language(promise: Target) -> None:
    user = f.person(Role.LEADER)
    usual, english = asking(user), asking(user, **{"Accept-Language": "en-GB,en;q=0.9"})
    assert "目前达到目标" in item(usual("/plans/2014/attainment"))["explanation"]
    answer = english("/plans/2014/attainment")
    assert item(answer)["explanation"].isascii() is False
    assert "meets the target at present" in item(answer)["explanation"]
    assert answer.headers["Content-Language"] == "en"
    assert "Accept-Language" in answer.headers["Vary"]
    assert "目前达到目标" in item(asking(user, **{"Accept-Language": "fr"})("/plans/2014/attainment"))["explanation"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"month": "2014-13"}, [("month", "month")]),
        ({"month": "June"}, [("month", "month")]),
        ({"month": "2013-06"}, [("month", "month_of_plan")]),
        ({"region": "33"}, [("region", "string_pattern_mismatch")]),
        ({"region": "３３０３００"}, [("region", "string_pattern_mismatch")]),
        ({"as_of": "yesterday", "limit": "5000"}, [("as_of", "time"), ("limit", "less_than_equal")]),
        ({"as_of": "2014-07-05T12:00:00 08:00"}, [("as_of", "time")]),
    ],
)
def test_a_parameter_that_cannot_be_understood_is_named(
    ask: Ask, promise: Target, query: dict[str, str], expected: list[tuple[str, str]]
) -> None:
    answer = ask("/plans/2014/attainment", **query)
    assert answer.status_code == 422
    assert sorted(faults(answer)) == expected
    assert all(one["message"] and one["row"] is None for one in answer.json()["errors"])


@pytest.mark.parametrize(
    "address",
    [
        "/plans/2015/targets",
        "/plans/2015/attainment",
        "/plans/2014/attainment?region=999999",
        "/plans/2014/targets/unknown/attainment",
        "/observations?indicator=unknown",
        "/observations?region=999999",
    ],
)
def test_what_does_not_exist_is_not_found(ask: Ask, promise: Target, address: str) -> None:
    answer = ask(address)
    assert answer.status_code == 404
    assert faults(answer) == [(None, "not_found")]


def test_a_county_sees_itself_and_the_whole_but_not_its_neighbour() -> None:
    city = f.region()
    own, other = f.region("100101", city), f.region("100102", city)
    measured = f.indicator("ratio", region_rule="pooled")
    promise = f.target(measured, "at_least", 92, coverage="parts")
    f.official(f.entry(measured, "2014-01", 90, 100, place=own), f.entry(measured, "2014-01", 1, 1, place=other))
    ask = asking(officer_of(own))
    through = f"/plans/2014/targets/{promise.code}/attainment"
    for address in ("/plans/2014/attainment", through):
        for more in ({}, {"as_of": "2999-01-01T00:00:00Z"}):
            assert ask(address, **more).json()["items"][0]["actual"].startswith("90.099")
            assert ask(address, region=own.code, **more).json()["items"][0]["actual"] == "90"
            assert ask(address, region=other.code, **more).status_code == 404
    assert [one["region"] for one in ask("/observations").json()["items"]] == [own.code]
    assert ask("/observations", region=own.code).json()["count"] == 1
    assert ask("/observations", region=other.code).status_code == 404
    assert asking(f.person(Role.LEADER))("/plans/2014/attainment", region=other.code).status_code == 200


def test_a_region_in_which_nothing_is_judged_is_not_found(ask: Ask, promise: Target) -> None:
    f.region("100101", f.region())
    assert ask("/plans/2014/attainment", region="100101").status_code == 404


def test_a_bureau_sees_the_figures_it_answers_for() -> None:
    unit = f.department()
    own, promised, foreign = f.indicator("count", department=unit), f.indicator("count"), f.indicator("count")
    TargetAssignment.objects.create(target=f.target(promised, "at_least", 5), department=unit, role="lead")
    f.official(*(f.entry(one, "2014-01", 1) for one in (own, promised, foreign)))
    answer = asking(f.person(Role.REPORTER, unit))("/observations").json()
    assert {one["indicator"] for one in answer["items"]} == {own.code, promised.code}


def test_an_observation_names_its_revision(ask: Ask, promise: Target) -> None:
    row = Observation.objects.get(month=Month(2014, 2))
    assert row.official is not None
    assert row.official.official_at is not None
    assert item(ask("/observations"), month="2014-02") == {
        "indicator": promise.indicator.code,
        "region": "100100",
        "month": "2014-02",
        "value": None,
        "numerator": "190",
        "denominator": "200",
        "occurred_on": None,
        "revision": row.official_id,
        "official_at": write_moment(row.official.official_at),
        "official_by": "import",
        "authors": [str(f.coordinator())],
        "demonstration": False,
    }


def test_observations_are_chosen_by_indicator_and_months(ask: Ask, promise: Target) -> None:
    other = f.indicator("event")
    f.official(f.entry(other, "2014-02", 1, occurred_on=date(2014, 2, 3)))
    assert ask("/observations").json()["count"] == 4
    found = ask("/observations", indicator=promise.indicator.code, **{"from": "2014-02", "to": "2014-03"}).json()
    assert [one["month"] for one in found["items"]] == ["2014-02", "2014-03"]
    assert item(ask("/observations", indicator=other.code))["occurred_on"] == "2014-02-03"
    assert faults(ask("/observations", **{"from": "2014-00"})) == [("from", "month")]


def test_a_withdrawn_figure_is_not_answered(ask: Ask, promise: Target) -> None:
    Observation.objects.filter(month=Month(2014, 2)).update(official=None, numerator=None, denominator=None)
    assert [one["month"] for one in ask("/observations").json()["items"]] == ["2014-01", "2014-03"]


@pytest.mark.parametrize(
    "address",
    [
        "/indicators",
        "/plans/2014/targets",
        "/plans/2014/attainment",
        "/plans/2014/attainment?as_of=2999-01-01",
        "/observations",
    ],
)
def test_the_number_of_queries_does_not_grow(address: str) -> None:
    ask = asking(f.person(Role.LEADER))
    _promise_with_figures(1)
    few = cost(ask, address)
    _promise_with_figures(8)
    many = cost(ask, address)
    assert few[0] < many[0]
    assert few[1] == many[1]


def _promise_with_figures(number: int) -> None:
    for _ in range(number):
        measured, operand = f.indicator("level", department=f.department()), f.indicator("level")
        promise = f.target(measured, "at_least", threshold_kind="indicator", operand=operand)
        divided = f.target(f.indicator("count"), "at_least", 400, coverage="quotas")
        for part in (f.region("100101", f.region()), f.region("100102", f.region())):
            f.quota(divided, part, 200)
        f.step(divided, "2014-06-30", 150)
        for role in ("lead", "shared"):
            TargetAssignment.objects.create(target=promise, department=f.department(), role=role)
        f.official(f.entry(measured, "2014-01", 9.3), f.entry(operand, "2014-01", 7.2))
