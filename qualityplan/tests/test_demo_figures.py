"""The made-up figures: the same every time, and true to what was really published."""

import csv
import json
import re
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from plans.periods import months_of
from qualityplan.demonstration.series import MadeUpFigure, distribute_by_weight, make_up_year
from qualityplan.demonstration.shapes import SAMPLES, read_scenario
from targets.arithmetic.accumulation import Accumulated, MonthReading, accumulate, combine
from targets.models import Indicator


def loaded(number: int, model: str) -> list[dict[str, Any]]:
    """The fields of all rows of a model, straight from the fixture that begins with this number."""
    (path,) = (settings.BASE_DIR / "fixtures").glob(f"{number}_*.json")
    return [row["fields"] for row in json.loads(path.read_text(encoding="utf-8")) if row["model"] == model]


def unsaved(fields: dict[str, Any]) -> Indicator:
    return Indicator(**{**fields, "department": None, "scale": Decimal(fields.get("scale", 1))})


INDICATORS = {row["code"]: unsaved(row) for row in loaded(30, "targets.indicator")}
SCENARIO = read_scenario("wenzhou-2014-quality") or pytest.fail("there is no scenario")


def full_years() -> dict[tuple[str, str, int], list[MadeUpFigure]]:
    """Every year that is made up, to December, also what is not imported."""
    return {
        (shape.indicator, shape.region, shape.year): make_up_year(
            shape, INDICATORS[shape.indicator].rule, SCENARIO.seed
        )
        for shape in SCENARIO.shapes
    }


def year_figure(indicator: Indicator, series: list[list[MadeUpFigure]]) -> Decimal:
    """The whole year's figure, by the rules with which the service judges; several series make a whole."""
    parts = [accumulate(indicator.rule, [reading(figure) for figure in one]) for one in series]
    whole: Accumulated | None = (parts[0] if len(parts) == 1 else combine(indicator.rule, parts))[-1]
    assert whole is not None
    return (whole.numerator * indicator.scale) / whole.denominator


def reading(figure: MadeUpFigure) -> MonthReading:
    return MonthReading(
        figure.month.number, figure.value, figure.numerator, figure.denominator, figure.occurred_on, revision=0
    )


def published() -> list[dict[str, str]]:
    with (SAMPLES / "published-figures.csv").open(encoding="utf-8-sig") as file:
        return [row for row in csv.DictReader(file) if row["region_code"] != "330000"]


APPLY = {
    "城市环境空气质量(AQI)优良率": "air-quality",
    "PM2.5年均浓度": "pm25",
    "黄标车淘汰": "yellow-label-vehicles",
    "黄标车和老旧车淘汰": "yellow-label-and-old-vehicles",
    "集中式饮用水源地水质达标率": "drinking-water",
    "GDP增长率": "gdp-growth",
}


@pytest.mark.parametrize("row", published(), ids=lambda row: f"{row['indicator']}-{row['region']}-{row['period']}")
def test_a_published_figure_is_met(row: dict[str, str]) -> None:
    indicator, year = INDICATORS[APPLY[row["indicator"]]], int(row["period"])
    series = [
        figures
        for (code, region, one), figures in full_years().items()
        if (code, one) == (indicator.code, year)
        and (region == row["region_code"] or indicator.region_rule != Indicator.RegionRule.OWN)
    ]
    value = Decimal(row["value"])
    assert year_figure(indicator, series).quantize(value, ROUND_HALF_EVEN) == value


@pytest.mark.parametrize(("year", "good"), [(2013, 251), (2014, 300)])
def test_the_citys_good_days_are_those_published(year: int, good: int) -> None:
    figures = full_years()["air-quality", "330300", year]
    assert sum(figure.numerator or 0 for figure in figures) == good
    assert [figure.denominator for figure in figures] == [month.last_day.day for month in months_of(year)]


def test_the_published_highest_and_lowest_county_stay_so() -> None:
    indicator = INDICATORS["air-quality"]
    counties = {
        region: year_figure(indicator, [figures])
        for (code, region, year), figures in full_years().items()
        if (code, year) == ("air-quality", 2014) and region != "330300"
    }
    assert (max(counties, key=counties.__getitem__), min(counties, key=counties.__getitem__)) == ("330329", "330382")
    assert sorted(counties.values())[0] < sorted(counties.values())[1]


def test_the_figures_are_the_same_every_time() -> None:
    assert full_years() == full_years()
    first = next(shape for shape in SCENARIO.shapes if shape.indicator == "air-quality")
    rule = INDICATORS["air-quality"].rule
    assert make_up_year(first, rule, seed=1) == make_up_year(first, rule, seed=1) != make_up_year(first, rule, seed=2)


def test_every_indicator_has_a_shape_in_regions_that_exist() -> None:
    assert {shape.indicator for shape in SCENARIO.shapes} == set(INDICATORS)
    assert {shape.region for shape in SCENARIO.shapes} <= {row["code"] for row in loaded(10, "departments.region")}


def test_every_milestone_that_is_done_exists() -> None:
    known = {(row["task"][1], row["code"]) for row in loaded(40, "tasks.milestone")}
    assert set(SCENARIO.done) <= known


def test_every_report_is_of_a_unit_a_task_and_milestones_that_exist() -> None:
    raw = json.loads((SAMPLES / "demonstration-wenzhou-2014-quality-reports.json").read_text(encoding="utf-8"))
    units = {(row["task"][1], row["department"][0]) for row in loaded(40, "tasks.assignment")}
    steps = {(row["task"][1], row["code"]) for row in loaded(40, "tasks.milestone")}
    for one in raw["reports"]:
        assert (one["task"], one["department"]) in units
        assert {(one["task"], code) for code in one["steps"]} <= steps
        assert all(0 <= percentage < 100 for percentage in one["steps"].values())


@given(
    st.integers(0, 5000),
    st.lists(st.tuples(st.integers(1, 100), st.integers(0, 1000)), min_size=1, max_size=12),
)
def test_what_is_distributed_adds_up_and_fits(total: int, parts: list[tuple[int, int]]) -> None:
    weights, most = [weight for weight, _limit in parts], [limit for _weight, limit in parts]
    if total > sum(most):
        with pytest.raises(ValueError, match="more than fits"):
            distribute_by_weight(total, weights, most)
        return
    found = distribute_by_weight(total, weights, most)
    assert sum(found) == total
    assert all(0 <= part <= limit for part, limit in zip(found, most, strict=True))


def test_no_place_and_no_year_stands_in_the_code() -> None:
    for path in (settings.BASE_DIR / "qualityplan" / "demonstration").glob("*.py"):
        assert not re.search(r"温州|3303|\b20\d\d\b", path.read_text(encoding="utf-8")), path
