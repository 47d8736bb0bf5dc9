"""Tables written in every dialect and layout are read back the same."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imports.files.readers import Limits, read_file_rows
from imports.tables.parsing import KnownNames, parse
from imports.tests.awkward import KNOWN
from imports.tests.writing import as_csv, as_ods, as_xls, as_xlsx
from plans.periods import Month

REGIONS = ("330302", "330381", "330322")
INDICATORS = ("quality", "gdp", "beds")
Figures = dict[tuple[str, str, Month], Decimal]

keys = st.tuples(
    st.sampled_from(INDICATORS), st.sampled_from(REGIONS), st.builds(Month, st.just(2014), st.integers(1, 12))
)
numbers = st.decimals(-99_999, 99_999, places=2).map(lambda number: number.normalize() + 0)
# Below one it is asked whether a share or its hundredfold is meant.
numbers = numbers.filter(lambda number: number == 0 or abs(number) >= 1)
figures = st.dictionaries(keys, numbers, min_size=1, max_size=14)


def long(found: Figures) -> list[list[Any]]:
    return [["指标", "地区", "月份", "数值"], *([one, two, str(month), n] for (one, two, month), n in found.items())]


def wide(found: Figures, across: int) -> list[list[Any]]:
    """One of the three names across, the other two down."""
    names = ("指标", "地区", "月份")
    down = [position for position in range(3) if position != across]
    heads = sorted({key[across] for key in found}, key=str)
    heads += [] if len(heads) > 1 else [other for other in _others(across) if other not in heads][:1]
    rows: list[list[Any]] = [[*(names[position] for position in down), *(_text(one) for one in heads)]]
    for pair in sorted({tuple(key[position] for position in down) for key in found}, key=str):
        cells = [_found(found, across, head, down, pair) for head in heads]
        rows.append([*(_text(one) for one in pair), *cells])
    return rows


def _others(across: int) -> list[Any]:
    others: list[list[Any]] = [list(INDICATORS), list(REGIONS), [Month(2014, 1), Month(2014, 2)]]
    return others[across]


def _found(found: Figures, across: int, head: Any, down: list[int], pair: tuple[Any, ...]) -> Any:
    key: list[Any] = [None] * 3
    key[across], key[down[0]], key[down[1]] = head, *pair
    return found.get((key[0], key[1], key[2]), "")


def _text(name: Any) -> str:
    return f"{name.year}年{name.number}月" if isinstance(name, Month) else str(name)


def read_back(data: bytes, known: KnownNames = KNOWN) -> Figures:
    table = parse(read_file_rows(data, Limits()), None, known)
    assert table.mistakes == []
    return {(one.indicator, one.region, one.month): one.value for one in table.lines if one.value is not None}


LAYOUTS: dict[str, Callable[[Figures], list[list[Any]]]] = {
    "long": long,
    **{f"wide-{name}": partial(wide, across=n) for n, name in enumerate(("indicators", "regions", "months"))},
}
DIALECTS = list(product(["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le"], [",", "\t", ";"]))


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@given(figures, st.sampled_from(DIALECTS), st.booleans())
def test_text_reads_back_the_same(layout: Any, found: Figures, dialect: tuple[str, str], titled: bool) -> None:
    rows = [*([["2014年报表"], []] if titled else []), *layout(found)]
    assert read_back(as_csv(rows, *dialect)) == found


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS.keys())
@pytest.mark.parametrize("write", [as_xlsx, as_xls, as_ods])
@settings(max_examples=settings().max_examples // 12)
@given(found=figures)
def test_workbooks_read_back_the_same(layout: Any, write: Any, found: Figures) -> None:
    rows = [[float(cell) if isinstance(cell, Decimal) else cell for cell in row] for row in layout(found)]
    assert read_back(write({"数据": rows})) == found
