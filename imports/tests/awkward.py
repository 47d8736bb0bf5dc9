"""Files as bureaus have them: how each is written, and what is to be read in it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from imports.tests.tables import changed_part
from imports.tests.writing import Grid, Percent, as_csv, as_ods, as_xls, as_xlsx
from imports.vocabulary.names import KnownNames, NamedEntity, NamedIndicator, NamedRegion, NameIndex

REGIONS = [
    NamedRegion(1, "330000", "浙江省"),
    NamedRegion(2, "330300", "温州市", 1),
    NamedRegion(3, "330302", "鹿城区", 2),
    NamedRegion(4, "330381", "瑞安市", 2),
    NamedRegion(5, "330322", "洞头县", 2),
]
SHORT = {2: ["全市"], 3: ["鹿城"], 4: ["瑞安"], 5: ["洞头"]}
INDICATORS = [
    NamedIndicator(1, "houses", "农村危房改造", "户", from_parts=True, department=1),
    NamedIndicator(2, "quality", "制造业产品质量合格率", "%", department=2),
    NamedIndicator(3, "gdp", "GDP增长率", "%", to_date=True, frequency="quarterly"),
    NamedIndicator(4, "beds", "机构养老床位", "张", to_date=True),
]
KNOWN = KnownNames(
    NameIndex("indicator", ((one, ()) for one in INDICATORS)),
    NameIndex("region", ((one, SHORT.get(one.id, [])) for one in REGIONS)),
    NameIndex("department", [(NamedEntity(1, "construction", "温州市住房和城乡建设委员会"), ["市住建委"])]),
)

Line = tuple[str, str, str, str]
"""Indicator, region, month, figure: "40", or "180/200"."""


@dataclass(frozen=True)
class Case:
    """A file, the lines in it, its mistakes (cell, code), and the rows that are left out with the reason."""

    data: Callable[[], bytes]
    lines: list[Line]
    mistakes: list[tuple[str, str]] | None = None
    left_out: dict[int, str] | None = None


LONG = ("指标", "地区", "月份", "数值")
HOUSES = [("houses", "330302", "2014-01", "40"), ("houses", "330381", "2014-01", "2")]


def grid(*rows: Any, lines: list[Line] | None = None, left: dict[int, str] | None = None, **writing: Any) -> Case:
    """A case as CSV text."""
    return Case(lambda: as_csv(rows, **writing), lines or [], left_out=left)


def wrong(*rows: Any, mistakes: list[tuple[str, str]], lines: list[Line] | None = None) -> Case:
    return Case(lambda: as_csv(rows), lines or [], mistakes)


def book(rows: Grid, lines: list[Line], mistakes: list[tuple[str, str]] | None = None, **writing: Any) -> Case:
    return Case(lambda: as_xlsx({"数据": rows}, **writing), lines, mistakes)


def one(region: str = "330302", month: str = "2014-01", value: str = "40", indicator: str = "houses") -> list[Line]:
    return [(indicator, region, month, value)]


def cell(*given: Any) -> Case:
    """One figure whose month or value is written in an unusual way: (month, value, month as read, value as read)."""
    month, value, read_month, read_value = given
    return grid(LONG, ("houses", "330302", month, value), lines=one(month=read_month, value=read_value))


def bad(month: Any, value: Any, place: str, code: str) -> Case:
    return wrong(LONG, ("houses", "330302", month, value), mistakes=[(place, code)])


TWO = [("houses", "330302", "2014-01", 40), ("houses", "330381", "2014-01", 2)]
MONTHS = [("houses", "330302", f"2014-{m:02d}", str(m)) for m in (1, 2, 3)]
PARTS = ("指标", "地区", "月份", "分子", "分母")

CASES: dict[str, Case] = {
    # Encodings and separators
    "UTF-8 without a mark": grid(LONG, *TWO, lines=HOUSES, encoding="utf-8"),
    "UTF-8 with a mark": grid(LONG, *TWO, lines=HOUSES, encoding="utf-8-sig"),
    "GB18030": grid(LONG, *TWO, lines=HOUSES, encoding="gb18030"),
    "UTF-16 with a mark, tabs": grid(LONG, *TWO, lines=HOUSES, encoding="utf-16", separator="\t"),
    "UTF-16 little-endian without a mark": grid(LONG, *TWO, lines=HOUSES, encoding="utf-16-le"),
    "UTF-16 big-endian without a mark": grid(LONG, *TWO, lines=HOUSES, encoding="utf-16-be"),
    "tabs": grid(LONG, *TWO, lines=HOUSES, separator="\t"),
    "semicolons": grid(LONG, *TWO, lines=HOUSES, separator=";"),
    "tabs, with commas in the numbers": grid(
        LONG, ("houses", "330302", "2014-01", "1,243"), lines=one(value="1243"), separator="\t"
    ),
    "Excel's own line about the separator": Case(lambda: b"sep=;\r\n" + as_csv([LONG, *TWO], "utf-8", ";"), HOUSES),
    # Around the table
    "a title above": grid(("2014年1月农村危房改造情况表",), LONG, *TWO, lines=HOUSES, left={1: "title"}),
    "notes below": grid(
        LONG, *TWO, ("注：数据来自县(市、区)。",), ("不含在建。",), lines=HOUSES, left={4: "note", 5: "note"}
    ),
    "who filled it in": grid(LONG, *TWO, ("填表人：张三", "", "审核人：李四"), lines=HOUSES, left={4: "note"}),
    "blank rows and columns": grid((), ("", *LONG), (), ("", *TWO[0]), (" ",), ("", *TWO[1], ""), lines=HOUSES),
    "sections": grid(
        LONG, ("一、工程质量",), TWO[0], ("(二)其他",), TWO[1], lines=HOUSES, left={2: "section", 4: "section"}
    ),
    "headings on every page": grid(LONG, TWO[0], LONG, TWO[1], lines=HOUSES, left={3: "repeated_heading"}),
    "serial numbers and remarks": grid(
        ("序号", *LONG, "备注"), *((n, *row, "") for n, row in enumerate(TWO, 1)), lines=HOUSES
    ),
    "a code beside its name": grid(
        ("指标编码", "指标名称", "地区代码", "地区名称", "月份", "数值"),
        ("houses", "农村危房改造", "330302", "鹿城区", "2014-01", 40),
        lines=one(),
    ),
    "columns that are no figures": grid(
        (*LONG, "上年同期", "同比(%)", "排名"), ("houses", "330302", "2014-01", 40, 30, 33.3, 1), lines=one()
    ),
    "a rate beside its parts": grid(
        (*PARTS, "合格率"),
        ("quality", "330300", "2014-01", 180, 200, "90%"),
        lines=one("330300", value="180/200", indicator="quality"),
    ),
    # Totals
    "a total that is right": grid(LONG, *TWO, ("合计", "", "", 42), lines=HOUSES, left={4: "total"}),
    "a total above its parts": grid(LONG, ("houses", "合计", "2014-01", 42), *TWO, lines=HOUSES, left={2: "total"}),
    "subtotals and a total": grid(
        LONG,
        TWO[0],
        ("小计", "", "", 40),
        TWO[1],
        ("小计", "", "", 2),
        ("总计", "", "", 42),
        lines=HOUSES,
        left={3: "total", 5: "total", 6: "total"},
    ),
    "a total that is wrong": wrong(LONG, *TWO, ("合计", "", "", 43), mistakes=[("D4", "total_differs")], lines=HOUSES),
    "a total of nothing": wrong(LONG, ("houses", "合计", "2014-01", 42), mistakes=[("D2", "total_without_parts")]),
    "the city beside its counties": grid(
        LONG, ("houses", "全市", "2014-01", 42), *TWO, lines=HOUSES, left={2: "total"}
    ),
    "the city, not the sum of its counties": wrong(
        LONG, *TWO, ("houses", "温州市", "2014-01", 43), mistakes=[("D4", "total_differs")], lines=HOUSES
    ),
    "a city's own figure beside its counties'": grid(
        PARTS,
        ("quality", "330300", "2014-01", 9, 10),
        ("quality", "330302", "2014-01", 1, 1),
        lines=[("quality", "330300", "2014-01", "9/10"), ("quality", "330302", "2014-01", "1/1")],
    ),
    # Wide tables
    "months side by side": grid(
        ("指标", "地区", "2014年1月", "2014年2月", "2014年3月"), ("houses", "330302", 1, 2, 3), lines=MONTHS
    ),
    "months under a year in the title": grid(
        ("2014年农村危房改造",),
        ("地区", "1月", "2月", "3月"),
        ("鹿城区", 1, 2, 3),
        lines=[("houses", "鹿城区", *x[2:]) for x in MONTHS],
        left={1: "title"},
    ),
    "months, quarter and total": grid(
        ("2014年",),
        ("指标", "地区", "1月", "2月", "3月", "一季度", "合计"),
        ("houses", "330302", 1, 2, 3, 6, 6),
        lines=MONTHS,
    ),
    "a total column that is wrong": wrong(
        ("指标", "地区", "2014年1月", "2014年2月", "合计"),
        ("houses", "330302", 1, 2, 4),
        mistakes=[("E2", "total_differs")],
    ),
    "months not reported yet": grid(
        ("指标", "地区", "2014-01", "2014-02", "2014-03"), ("houses", "330302", 1, "—", ""), lines=MONTHS[:1]
    ),
    "months without a year": wrong(
        ("指标", "地区", "1月", "2月"),
        ("houses", "330302", 1, 2),
        mistakes=[("C1", "year_missing"), ("D1", "year_missing")],
    ),
    "regions side by side": grid(("指标", "月份", "鹿城区", "瑞安市"), ("houses", "2014-01", 40, 2), lines=HOUSES),
    "regions and their total": grid(
        ("指标", "月份", "鹿城", "瑞安", "合计"), ("houses", "2014-01", 40, 2, 42), lines=HOUSES
    ),
    "indicators side by side": grid(
        ("地区", "月份", "农村危房改造（户）", "机构养老床位"),
        ("330302", "2014-01", 40, 7),
        lines=[*one(), *one(value="7", indicator="beds")],
    ),
    "two lines of headings": grid(
        ("指标", "地区", "2014年1月", "", "2014年2月", ""),
        ("", "", "合格数", "抽检数", "合格数", "抽检数"),
        ("quality", "330300", 180, 200, 190, 200),
        lines=[("quality", "330300", "2014-01", "180/200"), ("quality", "330300", "2014-02", "190/200")],
    ),
    "this month, last year, total since January": grid(
        ("2014年1月",),
        ("指标", "地区", "本月", "上年同期", "变化", "本年累计", "排名"),
        ("houses", "330302", 40, 30, 10, 40, 1),
        lines=one(),
    ),
    # Months
    "2014年1月": cell("2014年1月", 40, "2014-01", "40"),
    "201401": cell("201401", 40, "2014-01", "40"),
    "2014.3": cell("2014.3", 40, "2014-03", "40"),
    "2014/3/1": cell("2014/3/1", 40, "2014-03", "40"),
    "full-width month": cell("２０１４年３月", 40, "2014-03", "40"),
    "numerals": cell("2014年十二月", 40, "2014-12", "40"),
    "a quarter": cell("2014年第一季度", 40, "2014-03", "40"),
    "the whole year": cell("2014年全年", 40, "2014-12", "40"),
    "year and month in two columns": grid(
        ("指标", "地区", "年份", "月份", "数值"), ("houses", "330302", 2014, 1, 40), lines=one()
    ),
    "January or October": bad("2014.1", 40, "C2", "month_ambiguous"),
    "no year anywhere": bad("3月", 40, "C2", "year_missing"),
    "no such month": bad("2014-13", 40, "C2", "not_a_month"),
    # Values
    "full-width number": cell("2014-01", "１，２４３．５", "2014-01", "1243.5"),
    "spaces in thousands": cell("2014-01", "1 243", "2014-01", "1243"),
    "ten thousands": cell("2014-01", "1.5万", "2014-01", "15000"),
    "hundred millions": cell("2014-01", "1.5亿", "2014-01", "150000000"),
    "a percentage": grid(
        LONG, ("quality", "330300", "2014-01", "９２．５％"), lines=one("330300", value="92.5", indicator="quality")
    ),
    "a percentage of what is counted": wrong(
        LONG, ("houses", "330302", "2014-01", "92%"), mistakes=[("D1", "percentage_of_count")], lines=one(value="92")
    ),
    "zero is not empty": cell("2014-01", "0", "2014-01", "0"),
    "a number with words": bad("2014-01", "约40", "D2", "not_a_number"),
    "an error in text": bad("2014-01", "#DIV/0!", "D2", "error_cell"),
    "every mistake at once": wrong(
        LONG,
        ("", "", "2014-13", "x"),
        ("houses", "330302", "2014-01", "40"),
        ("houses", "330302", "", "1-2"),
        mistakes=[
            ("A2", "indicator_missing"),
            ("B2", "region_missing"),
            ("C2", "not_a_month"),
            ("D2", "not_a_number"),
            ("C4", "month_missing"),
            ("D4", "not_a_number"),
        ],
        lines=one(),
    ),
    "an unknown heading": wrong(
        (*LONG, "颜色"), (*TWO[0], "红"), mistakes=[("E1", "heading_unknown")], lines=HOUSES[:1]
    ),
    "no month anywhere": wrong(("指标", "地区", "数值"), ("houses", "330302", 40), mistakes=[("", "column_missing")]),
    # Workbooks
    "a number shown as a percentage": book(
        [LONG, ("quality", "330300", "2014-01", Percent(0.925))], one("330300", value="92.5", indicator="quality")
    ),
    "a percentage that is no fraction of two": book(
        [LONG, ("quality", "330300", "2014-01", Percent(0.07))], one("330300", value="7", indicator="quality")
    ),
    "days as months": book([LONG, ("houses", 330302, date(2014, 1, 31), 40)], one()),
    "an error cell": book([LONG, ("houses", 330302, "2014-01", "#DIV/0!")], [], [("D2", "error_cell")]),
    "names merged downwards": book(
        [LONG, ("houses", "330302", "2014-01", 40), (None, "330381", None, 2)], HOUSES, merged=["A2:A3", "C2:C3"]
    ),
    "a merged figure is counted once": book(
        [LONG, *TWO[:1], ("houses", "330381", "2014-01", None)],
        [*HOUSES[:1], ("houses", "330381", "2014-01", "")],
        merged=["D2:D3"],
    ),
    "a sheet for each month": Case(
        lambda: as_xlsx({f"2014年{m}月": [("指标", "地区", "数值"), ("houses", "330302", m)] for m in (1, 2, 3)}),
        MONTHS,
    ),
    "a sheet for each indicator": Case(
        lambda: as_xlsx(
            {name: [("地区", "月份", "数值"), ("330302", "2014-01", 40)] for name in ("农村危房改造", "机构养老床位")}
        ),
        [*one(), *one(indicator="beds")],
    ),
    "the title says another month than the sheet": Case(
        lambda: as_xlsx({"2月": [("2014年3月农村危房改造",), ("地区", "数值"), ("330302", 40)]}),
        one(month="2014-03"),
        [("", "month_contradicts")],
    ),
    "a sheet of instructions": Case(
        lambda: as_xlsx({"填报说明": [("请按月填报",), ("不得改动",)], "数据": [LONG, *TWO]}), HOUSES
    ),
    "a hidden sheet": Case(lambda: as_xlsx({"数据": [LONG, *TWO], "旧": [LONG, *TWO]}, hidden=["旧"]), HOUSES),
    "a formula's stored value": Case(
        lambda: changed_part(
            as_xlsx({"数据": [LONG, ("houses", "330302", "2014-01", "=20+20")]}),
            "xl/worksheets/sheet1.xml",
            b"<f>20+20</f><v />",
            b"<f>20+20</f><v>40</v>",
        ),
        one(),
    ),
    "old Excel": Case(lambda: as_xls({"数据": [LONG, *TWO]}), HOUSES),
    "old Excel: percentage, day, error": Case(
        lambda: as_xls(
            {
                "x": [
                    LONG,
                    ("quality", 330300, date(2014, 1, 1), Percent(0.925)),
                    ("houses", "330302", "2014-01", "#N/A"),
                ]
            }
        ),
        one("330300", value="92.5", indicator="quality"),
        [("D3", "error_cell")],
    ),
    "OpenDocument": Case(lambda: as_ods({"数据": [LONG, *TWO]}), HOUSES),
    "OpenDocument: percentage, day, error": Case(
        lambda: as_ods(
            {
                "x": [
                    LONG,
                    ("quality", 330300, date(2014, 1, 1), Percent(0.925)),
                    ("houses", "330302", "2014-01", "#N/A"),
                ]
            }
        ),
        one("330300", value="92.5", indicator="quality"),
        [("D3", "error_cell")],
    ),
}
