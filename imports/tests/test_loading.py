"""Names lead to indicators, regions and departments, and what does not fit the indicator is told."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from departments.models import Department, Region
from imports.batches.loading import entries_of, load_known_names
from imports.batches.messages import FILES, ROWS
from imports.files.readers import Limits, read_file_rows
from imports.tables.parsing import parse
from imports.tests.writing import as_csv, as_xlsx
from targets.messages import SENTENCES
from targets.models import Indicator
from targets.tests import factories

pytestmark = pytest.mark.django_db
LONG = ("指标", "地区", "月份", "数值")


@pytest.fixture
def houses() -> Indicator:
    indicator = factories.indicator("count")
    bureau = Department.objects.create(
        code="b",
        name="市住房和城乡建设委员会",
        short_name="市住建委",
        aliases=[{"name": "市建委", "note": "旧称"}],
        kind="bureau",
        region=factories.region(),
    )
    Indicator.objects.filter(pk=indicator.pk).update(name="农村危房改造", unit="户", department=bureau)
    indicator.refresh_from_db()
    return indicator


def found(*rows: Any) -> tuple[list[Any], list[tuple[str, str]]]:
    names = load_known_names(factories.coordinator())
    entries, mistakes = entries_of(parse(read_file_rows(as_csv(rows), Limits()), None, names), names)
    return [entry.value for _line, entry in entries], [(one.cell, one.problem.code) for one in mistakes]


@pytest.mark.parametrize("name", ["b", "市住房和城乡建设委员会", "市住建委", "市建委", "市建委、b"])
def test_a_department_is_known_by_every_name(houses: Indicator, name: str) -> None:
    row = (houses.code, factories.region().code, "2014-01", 5, name)
    assert found((*LONG, "责任单位"), row) == ([5], [])


def test_another_department_is_told(houses: Indicator) -> None:
    Department.objects.create(code="c", name="市农业局", kind="bureau", region=factories.region())
    rows = [
        (houses.code, factories.region().code, f"2014-0{n}", 5, name) for n, name in ((1, "市农业局"), (2, "市住建局"))
    ]
    assert found((*LONG, "责任单位"), *rows) == ([], [("E2", "department_differs"), ("E3", "department_similar")])


def test_a_multiple_of_the_unit_is_told(houses: Indicator) -> None:
    place = factories.region().code
    assert found((*LONG[:3], "数值（万户）"), (houses.code, place, "2014-01", 5)) == ([], [("D2", "unit_differs")])
    assert found((*LONG[:3], "数值（户）"), (houses.code, place, "2014-01", 5)) == ([5], [])
    assert found((*LONG, "单位"), (houses.code, place, "2014-01", 5, "万户")) == ([], [("E2", "unit_differs")])


def test_a_quarter_is_no_month_of_a_monthly_indicator(houses: Indicator) -> None:
    row = (houses.code, factories.region().code, "2014年一季度", 5)
    assert found(LONG, row) == ([], [("C2", "period_too_long")])
    Indicator.objects.update(frequency="quarterly")
    assert found(LONG, row) == ([5], [])


def test_the_total_since_january_is_taken_where_it_is_entered(houses: Indicator) -> None:
    rows = (("指标", "地区", "月份", "本月", "本年累计"), (houses.code, factories.region().code, "2014-03", 5, 20))
    assert found(*rows) == ([5], [])
    Indicator.objects.update(entry_basis="to_date")
    assert found(*rows) == ([20], [])


def test_the_total_since_january_alone_is_no_month(houses: Indicator) -> None:
    rows = (("指标", "地区", "月份", "本年累计"), (houses.code, factories.region().code, "2014-03", 20))
    assert found(*rows) == ([], [("D2", "only_to_date")])


def test_mistakes_in_wide_tables_name_their_cell(houses: Indicator) -> None:
    Region.objects.create(code="100200", name="鹿城区", kind="district", parent=factories.region())
    rows = (("指标", "月份", "鹿城", factories.region().code), ("没有此项", "2014-01", 5, 6))
    assert found(*rows)[1] == [("A2", "indicator_unknown"), ("A2", "indicator_unknown")]


def test_the_names_are_read_in_three_queries(houses: Indicator) -> None:
    data = as_xlsx({"x": [LONG, *((houses.code, factories.region().code, f"2014-{m:02d}", m) for m in range(1, 13))]})
    by = factories.coordinator()
    assert by.held
    with CaptureQueriesContext(connection) as captured:
        names = load_known_names(by)
        entries_of(parse(read_file_rows(data, Limits()), None, names), names)
    assert len(captured) == 3


CODES = re.compile(r'(?:Problem|CellError|UnreadableError|needed_name)\(\s*"(\w+)"')


def test_every_code_has_a_sentence() -> None:
    code = "".join(path.read_text() for path in Path(settings.BASE_DIR, "imports").rglob("*.py"))
    assert set(CODES.findall(code)) - {"total"} <= set(ROWS) | set(FILES) | set(SENTENCES)
