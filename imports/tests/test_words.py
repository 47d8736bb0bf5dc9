"""Every text of a table is understood or asked about: titles, names of sheets, notes, headings between rows."""

import io
import zipfile
from typing import Any

import pytest

from imports.files.readers import Limits, UnreadableError, read_file_rows
from imports.tables.parsing import FigureTable, FileMapping, SheetMapping, parse
from imports.tests.awkward import KNOWN
from imports.tests.tables import changed_part
from imports.tests.writing import Grid, as_csv, as_xlsx, with_hidden_rows
from imports.vocabulary.accounting import TextReader
from imports.vocabulary.harmless import HARMLESS, KINDS, MONTH_ALONE, SINCE_JANUARY
from imports.vocabulary.units import canonical_unit, units_differ
from imports.vocabulary.values import Period

HOUSES = "2014年3月农村危房改造"
TABLE: Grid = [("地区", "数值"), ("鹿城区", 31), ("瑞安市", 22)]


def found_in(*rows: Any, sheet: str = "Sheet1") -> FigureTable:
    return parse(read_file_rows(as_xlsx({sheet: list(rows)}), Limits()), None, KNOWN)


def codes(table: FigureTable) -> list[str]:
    return [mistake.problem.code for mistake in table.mistakes]


@pytest.mark.parametrize(
    "title",
    [
        HOUSES,
        "2014年3月农村危房改造情况表",
        "温州市2014年3月农村危房改造完成情况统计表",
        "附件2 2014年3月份各县(市、区)农村危房改造进展情况",
        "《2014年温州市质量强市建设行动计划》农村危房改造2014年3月完成情况",
        "农村危房改造月报（2014年3月）",
        "农村危房改造（户）2014年3月",
        "2014-03 农村危房改造",
        "201403农村危房改造",
    ],
)
def test_a_plain_title_passes(title: str) -> None:
    table = found_in((title,), *TABLE)
    assert codes(table) == []
    assert [(line.indicator, str(line.month), line.value) for line in table.lines] == [
        ("houses", "2014-03", 31),
        ("houses", "2014-03", 22),
    ]


@pytest.mark.parametrize(
    ("title", "code"),
    [
        ("2014年3月农村危房改造同比增速（%）", "words_other"),
        ("2014年3月农村危房改造环比", "words_other"),
        ("2014年3月农村危房改造完成率", "words_other"),
        ("2014年3月农村危房改造排名", "words_other"),
        ("2014年3月农村危房改造占比", "words_other"),
        ("2014年3月农村危房改造计划", "words_other"),
        ("2014年3月农村危房改造目标", "words_other"),
        ("2014年3月农村危房改造预计完成情况", "words_other"),
        ("2014年3月农村危房改造绿色通道", "words_unknown"),
        ("2014年近3月农村危房改造", "words_unknown"),
        ("2014年截至3月底农村危房改造完成情况", "title_to_date"),
        ("截至2014年3月31日农村危房改造", "title_to_date"),
        ("2014年3月累计农村危房改造完成情况", "title_to_date"),
        ("2014年农村危房改造年初至3月", "period"),
        ("2014年1--3月农村危房改造完成情况", "period"),
        ("2014年1到3月农村危房改造", "period"),
        ("2014年元-3月农村危房改造", "period"),
        ("2014年1.3月农村危房改造", "period"),
        ("2014年3月农村危房改造（万户）", "unit_stated_differs"),
        ("2014年3月农村危房改造（十户）", "unit_stated_differs"),
        ("2014年3月农村危房改造 单位：%", "unit_stated_differs"),
        ("2014年3月农村危房改造（亿元）", "unit_stated_differs"),
    ],
)
def test_a_title_that_says_something_else_is_asked_about(title: str, code: str) -> None:
    """A period of several months has its place in each line; the rules of the indicator refuse it."""
    table = found_in((title,), *TABLE)
    if code == "period":
        assert {line.span for line in table.lines} == {3}
    else:
        assert code in codes(table)


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([(HOUSES,), ("单位（万户）",), *TABLE], "unit_stated_differs"),
        ([(HOUSES,), *TABLE, ("注：单位为万户",)], "unit_stated_differs"),
        ([(HOUSES,), *TABLE, ("注：洞头县为预计数",)], "words_other"),
        ([(HOUSES,), *TABLE, ("注：瑞安市为2014年2月数据",)], "section_changes"),
        ([(HOUSES,), *TABLE, ("二、4月",), ("洞头县", 5)], "section_changes"),
        ([(HOUSES,), *TABLE, ("二、2014年4月农村危房改造",), ("地区", "数值"), ("洞头县", 5)], "section_changes"),
        ([(HOUSES,), *TABLE, ("二、机构养老床位",), ("洞头县", 5)], "section_changes"),
        ([(HOUSES,), *TABLE, ("二、危旧房拆除",), ("洞头县", 5)], "words_unknown"),
        ([(HOUSES,), ("地区", "数值"), ("鹿城区", "85%")], "percentage_of_count"),
        ([("2014年3月机构养老床位",), ("地区", "本月完成数"), ("鹿城区", 5)], "only_month"),
        ([("2014年3月制造业产品质量合格率",), ("地区", "数值"), ("温州市", "0.975")], "fraction_or_percentage"),
        ([("2014年农村危房改造",), ("地区", "2013年1月", "2013年2月"), ("鹿城区", 1, 2)], "year_contradicts"),
    ],
)
def test_what_stands_beside_the_figures_is_asked_about(rows: Grid, code: str) -> None:
    assert code in codes(found_in(*rows))


@pytest.mark.parametrize(
    "rows",
    [
        [(HOUSES,), ("单位：户",), *TABLE, ("注：数据来自各县。",), ("填表人：张三",)],
        [(HOUSES,), ("填报单位：温州市住房和城乡建设委员会", "填报日期：2014年4月5日"), *TABLE],
        [("2014年3月机构养老床位",), ("地区", "本月", "本年累计"), ("鹿城区", 5, 15)],
        [("2014年3月制造业产品质量合格率",), ("单位：%",), ("地区", "数值"), ("温州市", 0.5)],
        [("2014年1-2月农村危房改造",), ("地区", "1月", "2月"), ("鹿城区", 1, 2)],
    ],
)
def test_what_people_write_around_their_figures_passes(rows: Grid) -> None:
    table = found_in(*rows)
    assert (codes(table), bool(table.lines)) == ([], True)


@pytest.mark.parametrize("total", ["合计", "合 计", "全市合计", "合计：", "合计（户）", "本县小计", "合计数"])
def test_a_total_has_many_names(total: str) -> None:
    table = found_in((HOUSES,), *TABLE, (total, 53))
    assert (codes(table), len(table.lines), table.recognition.sheets[0].left_out[-1].reason) == ([], 2, "total")


@pytest.mark.parametrize("name", ["鹿城区", "鹿城", "温州市鹿城区", "温州市 鹿城区", "鹿城区*", "鹿城区※"])
def test_a_region_has_many_spellings(name: str) -> None:
    assert KNOWN.regions.match(name) == KNOWN.regions.match("330302")


@pytest.mark.parametrize("name", ["温州市330302x", "瑞安市鹿城区", "鹿城区①", "市鹿城区", "*"])
def test_what_is_no_spelling_of_a_region_is_none(name: str) -> None:
    assert KNOWN.regions.match(name) is None


@pytest.mark.parametrize("again", ["续表", "（续）", "续上表", "接上页续", HOUSES])
def test_a_long_table_goes_on_below_its_headings(again: str) -> None:
    table = found_in((HOUSES,), *TABLE, (again,), *TABLE[:1], ("洞头县", 5))
    assert (codes(table), [line.value for line in table.lines]) == ([], [31, 22, 5])


def test_units_may_stand_in_a_line_of_their_own_below_the_headings() -> None:
    assert codes(found_in((HOUSES,), TABLE[0], ("", "户"), *TABLE[1:])) == []
    table = found_in((HOUSES,), TABLE[0], ("", "万户"), *TABLE[1:])
    assert [line.unit for line in table.lines] == ["万户"] * 2


def test_headings_have_up_to_four_lines() -> None:
    rows = [
        ("地区", "2014年", "", "", ""),
        ("", "农村危房改造", "", "机构养老床位", ""),
        ("", "1月", "2月", "1月", "2月"),
        ("", "户", "户", "张", "张"),
        ("鹿城区", 1, 2, 3, 4),
    ]
    table = found_in(*rows)
    assert (codes(table), [(line.indicator, str(line.month), line.value) for line in table.lines]) == (
        [],
        [("houses", "2014-01", 1), ("houses", "2014-02", 2), ("beds", "2014-01", 3), ("beds", "2014-02", 4)],
    )


def test_the_name_of_a_sheet_and_its_title_name_one_indicator() -> None:
    assert codes(found_in((HOUSES,), *TABLE, sheet="机构养老床位")) == ["indicator_contradicts"]
    assert codes(found_in((HOUSES,), *TABLE, sheet="危房改造计划")) == ["words_other", "words_unknown"]
    assert codes(found_in((HOUSES,), *TABLE, sheet="农村危房改造")) == []


def test_pieces_that_a_person_calls_harmless_are_asked_no_more() -> None:
    rows = read_file_rows(as_csv([(HOUSES + "绿色通道计划",), *TABLE]), Limits())
    asked = parse(rows, None, KNOWN).recognition.sheets[0]
    assert asked.asked == ("计划", "绿色通道")
    mapping = FileMapping({asked.shape: SheetMapping(harmless=asked.asked)})
    assert codes(parse(rows, mapping, KNOWN)) == []


# --- The lists --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", sorted(KINDS))
def test_a_word_that_is_taken_from_its_list_is_asked_about(word: str) -> None:
    """Never passed over: without the list nothing is known of it."""
    title = HOUSES + word
    account = TextReader(KNOWN).account(title)
    doubted = account.left or account.others or account.not_yet
    assert bool(doubted) is (KINDS[word] not in (HARMLESS, MONTH_ALONE, SINCE_JANUARY))
    without = TextReader(KNOWN, {known: kind for known, kind in KINDS.items() if known != word}).account(title)
    told = without.since_january or without.month_alone
    assert without.left or without.others or without.not_yet or (told and KINDS[word] != HARMLESS)


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("1到6月", Period(None, 6, 6)),
        ("元-6月", Period(None, 6, 6)),
        ("1--6月", Period(None, 6, 6)),
        ("1.6月", Period(None, 6, 6)),
        ("年初至6月", Period(None, 6, 6)),
        ("2014年一至六月", Period(2014, 6, 6)),
        ("上半年", Period(None, 6, 6)),
        ("前三季度", Period(None, 9, 9)),
        ("2014年第2季度", Period(2014, 6, 3)),
        ("2014年二季度", Period(2014, 6, 3)),
        ("6月份", Period(None, 6)),
        ("十二月", Period(None, 12)),
        ("2014/6", Period(2014, 6)),
    ],
)
def test_a_period_has_many_spellings(text: str, period: Period) -> None:
    assert TextReader(KNOWN).account(f"农村危房改造{text}").periods == (period,)


@pytest.mark.parametrize("text", ["4-6月", "13月", "0月", "近三个月", "3个月"])
def test_what_is_no_period_of_ours_is_asked_about(text: str) -> None:
    account = TextReader(KNOWN).account(f"农村危房改造{text}")
    assert account.left


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("万户", (10_000, "户")),
        ("十户", (10, "户")),
        ("亿元", (10**8, "元")),
        ("千万元", (10**7, "元")),
        ("µg/m³", (1, "μg/m3")),
        ("微克/立方米", (1, "μg/m3")),
        ("个百分点", (1, "百分点")),
        ("万", (10_000, "")),
        ("住建局", None),
    ],
)
def test_a_unit_has_a_factor(text: str, unit: tuple[int, str] | None) -> None:
    assert canonical_unit(text) == unit


@pytest.mark.parametrize(
    ("written", "unit", "differ"),
    [
        ("", "户", False),
        ("户", "户", False),
        ("家", "户", False),
        ("μg/m³", "µg/m3", False),
        ("万户", "户", True),
        ("mg/m³", "μg/m³", True),
        ("%", "户", True),
        ("‰", "%", True),
        ("个百分点", "%", True),
        ("元", "万元", True),
        ("什么", "户", True),
    ],
)
def test_units_are_compared(written: str, unit: str, differ: bool) -> None:
    assert units_differ(written, unit) is differ


# --- Files that are told what to do -----------------------------------------------------------------------------------


def test_workbooks_of_other_kinds_are_named() -> None:
    xml = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'
    with pytest.raises(UnreadableError, match="xml_workbook"):
        read_file_rows(xml, Limits())
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as packed:
        packed.writestr("xl/workbook.bin", b"x")
    with pytest.raises(UnreadableError, match="binary_workbook"):
        read_file_rows(target.getvalue(), Limits())


# --- What only formats show -------------------------------------------------------------------------------------------


def test_hidden_rows_and_columns_are_asked_about() -> None:
    rows = [("指标", "地区", "2014年1月", "2014年2月"), ("houses", "鹿城区", 1, 2), ("houses", "瑞安市", 3, 4)]
    book = as_xlsx({"Sheet1": rows})

    def told(data: bytes) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
        found = parse(read_file_rows(data, Limits()), None, KNOWN).mistakes
        return [(mistake.problem.code, mistake.problem.details) for mistake in found]

    assert told(book) == []
    assert told(with_hidden_rows(book, 3)) == [("rows_hidden", (("rows", "3"),))]
    assert told(with_hidden_rows(book, columns="D")) == [("columns_hidden", (("columns", "D"),))]
    assert told(with_hidden_rows(book, 9, columns="H")) == [], "nothing stands there"


def test_a_raised_digit_is_a_mark_and_no_digit() -> None:
    plain = as_xlsx({"Sheet1": [("指标", "地区", "月份", "数值"), ("houses", "鹿城区", "2014-01", "320")]})
    marked = changed_part(
        plain,
        "xl/worksheets/sheet1.xml",
        b"<t>320</t>",
        b'<r><t>320</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r>',
    )
    table = parse(read_file_rows(marked, Limits()), None, KNOWN)
    assert [(mistake.cell, mistake.problem.code) for mistake in table.mistakes] == [("D2", "not_a_number")]


@pytest.mark.parametrize("result", [b"", b"<v />", b"<v></v>"])
def test_a_formula_without_its_result_is_told_as_one(result: bytes) -> None:
    plain = as_xlsx({"Sheet1": [("指标", "地区", "月份", "数值"), ("houses", "鹿城区", "2014-01", "=20+20")]})
    emptied = changed_part(plain, "xl/worksheets/sheet1.xml", b"<f>20+20</f><v />", b"<f>20+20</f>" + result)
    (mistake,) = parse(read_file_rows(emptied, Limits()), None, KNOWN).mistakes
    assert (mistake.cell, mistake.problem.code) == ("D2", "formula_without_result")
    assert dict(mistake.problem.details)["found"] == "=20+20"
