"""A refused row says where it stands and what would be right, in the language of whoever reads it."""

from pathlib import Path
from typing import Any

import pytest

from departments.models import Department, Region
from plans.models import Clause, Plan
from qualityplan.tests.fixture_rows import (
    PLAN,
    Row,
    Write,
    clause,
    department,
    indicator,
    load,
    milestone,
    plan,
    refusal,
    region,
    row,
    target,
    task,
    world,
)
from targets.models import Indicator, Target
from tasks.models import Task

pytestmark = pytest.mark.django_db


def reason(*rows: Row, write: Write, language: str = "en") -> str:
    """What is said of the last row, which alone is refused, without its place."""
    path = write(*rows)
    (line,) = refusal(path, language=language)
    place = f"{path}, line {len(rows) + 1}, " if language == "en" else f"{path} 第 {len(rows) + 1} 行, "
    assert line.startswith(place)
    return line.split(": ", 1)[1]


# --- Where ------------------------------------------------------------------------------------------------------------


def test_the_line_is_that_on_which_the_row_begins(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(
        '[\n  {\n    "model": "departments.region",\n'
        '    "fields": {"code": "990000", "name": "City", "kind": "city"}\n  },\n\n'
        '  {\n    "model": "departments.region",\n    "fields": {"code": "99", "name": "X", "kind": "city"}\n  }\n]'
    )
    (line,) = refusal(str(path))
    assert line.startswith(f"{path}, line 7, departments.region 99: code: ")


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        (
            '[\n{"model": "departments.region"\n "fields": {}}]',
            'line 3, column 2: Before ""fields": {}}]" a comma is missing, '
            "or a text ended at a quotation mark within it.",
            '第 3 行第 2 列: “"fields": {}}]”之前缺少逗号，或者前面的文字因其中的引号而提前结束。',
        ),
        (
            '[\n{"model"： "departments.region"}]',
            'line 2, column 9: A full-width sign stands here: "： "departments.regio". '
            "Between texts JSON takes half width.",
            '第 2 行第 9 列: 此处是全角符号：“： "departments.regio”。文字之外，JSON 只用半角符号。',
        ),
        (
            '[\n{"model": "x", "fields": {"name": "a", "name": "b"}}]',
            'line 2, column 1: The field "name" stands twice in the row that begins here.',
            "第 2 行第 1 列: 从此处开始的一条中，字段“name”出现了两次。",
        ),
        ("", "line 1, column 1: The file is empty.", "第 1 行第 1 列: 文件是空的。"),
        (
            '{"model": "departments.region"}',
            "line 1, column 1: The file is not a list of objects.",
            "第 1 行第 1 列: 文件内容不是对象列表。",
        ),
    ],
)
def test_a_file_that_is_no_json_says_line_and_column_in_plain_words(
    text: str, english: str, chinese: str, tmp_path: Path
) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    assert refusal(str(path)) == [f"{path}, {english}"]
    assert refusal(str(path), language="zh-hans") == [f"{path} {chinese}"]


def test_a_file_in_gbk_is_told_from_broken_json(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_bytes('[{"model": "计划"}]'.encode("gbk"))
    assert refusal(str(path)) == [f"{path}: The file is not in UTF-8. Save it as UTF-8 and not as GBK."]
    assert refusal(str(path), language="zh-hans") == [f"{path}: 文件不是 UTF-8 编码。请另存为 UTF-8，不要用 GBK。"]


def test_a_folder_in_place_of_a_file_is_refused_by_name(tmp_path: Path) -> None:
    (line,) = refusal(str(tmp_path))
    assert line.startswith(f"{tmp_path}: ")


# --- What may be written ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bad", "english", "chinese"),
    [
        (
            region("990100", kind="town"),
            'kind: "town" is not one of the allowed values: province (province), city (city), district (district), '
            "county (county), county-level city (county-level city).",
            "kind: “town”不是允许的值。允许的值：province（省）、city（市）、district（区）、county（县）、"
            "county-level city（县级市）。",
        ),
        (
            target("other", coverage="all"),
            'coverage: "all" is not one of the allowed values: whole (the plan\'s region), ',
            "coverage: “all”不是允许的值。允许的值：whole（",
        ),
        (
            target("other", comparator="atleast"),
            'comparator: "atleast" is not one of the allowed values: at_least (at least), more_than (more than), ',
            "comparator: “atleast”不是允许的值。允许的值：at_least（不低于）、more_than（高于）、",
        ),
        (
            row("targets.targetassignment", target=[PLAN, "grow"], department=["works"], role="leads"),
            'role: "leads" is not one of the allowed values: lead (lead), shared (shared responsibility), support (',
            "role: “leads”不是允许的值。允许的值：lead（牵头）、",
        ),
        (
            plan("other-2030", state="open"),
            'state: "open" is not one of the allowed values: draft (draft), published (published).',
            "state: “open”不是允许的值。允许的值：draft（草案）、published（已发布）。",
        ),
    ],
)
def test_a_value_that_is_not_allowed_is_told_with_those_that_are(
    bad: Row, english: str, chinese: str, write: Write
) -> None:
    assert reason(*world(), bad, write=write).startswith(english)
    assert reason(*world(), bad, write=write, language="zh-hans").startswith(chinese)


@pytest.mark.parametrize(
    ("bad", "english", "chinese"),
    [
        (
            target("other", headline="so"),
            "headline: Write true or false, without quotation marks.",
            "headline: 请写 true 或 false，不加引号。",
        ),
        (
            region("990100", name=["City"]),
            "name: Write a single text or number here, not a list.",
            "name: 此处应写一个文字或数字，不能写成列表。",
        ),
        (
            target("other", threshold=True),
            "threshold: Write a text or number here, not true or false.",
            "threshold: 此处应写文字或数字，不能写 true 或 false。",
        ),
    ],
)
def test_a_value_of_another_form_is_refused(bad: Row, english: str, chinese: str, write: Write) -> None:
    assert reason(*world(), bad, write=write) == english
    assert reason(*world(), bad, write=write, language="zh-hans") == chinese


def test_an_unknown_field_is_told_with_the_nearest_known_one(write: Write) -> None:
    bad = region("990100", knd="city")
    assert reason(bad, write=write) == 'knd: There is no such field. Perhaps "kind" is meant.'
    assert reason(bad, write=write, language="zh-hans") == "knd: 没有这个字段。是否应为“kind”？"


def test_an_unknown_field_that_resembles_none_is_told_with_all_of_them(write: Write) -> None:
    bad = region("990100", polulation=3)
    said = "polulation: There is no such field. There are: code, kind, name, parent."
    assert reason(bad, write=write) == said
    assert reason(bad, write=write, language="zh-hans") == "polulation: 没有这个字段。已有：code、kind、name、parent。"


def test_what_a_service_alone_writes_is_no_field_of_a_fixture(write: Write) -> None:
    assert reason(*world(), task("other", closed_on="2030-03-01"), write=write).startswith(
        "closed_on: There is no such"
    )


def test_an_unknown_model_is_told_with_the_nearest_known_one(write: Write) -> None:
    bad = row("targets.targetasignment", role="lead")
    said = 'There is no model "targets.targetasignment". Perhaps "targets.targetassignment" is meant.'
    assert reason(bad, write=write) == said


def test_people_are_not_loaded(write: Write) -> None:
    said = reason(row("departments.user", username="chen", password="x"), write=write)
    assert said.startswith(
        "Objects of this kind are not loaded from fixtures. Those that are: departments.department, "
    )


def test_missing_fields_are_named_together(write: Write) -> None:
    bad = row("targets.target", plan=[PLAN], code="other", comparator="at_least")
    assert reason(*world(), bad, write=write) == (
        "These fields are missing: name, clause, indicator, threshold_kind, due."
    )
    assert reason(*world(), bad, write=write, language="zh-hans") == (
        "缺少字段：name、clause、indicator、threshold_kind、due。"
    )


def test_missing_fields_are_told_beside_what_is_wrong(write: Write) -> None:
    path = write(row("departments.region", code="990100", nmae="City", kind="town"))
    place = f"{path}, line 2, departments.region 990100"
    missing, unknown = refusal(path)
    assert missing == f"{place}: These fields are missing: name."
    assert unknown == f'{place}: nmae: There is no such field. Perhaps "name" is meant.'


def test_of_a_stored_object_nothing_is_missing(write: Write) -> None:
    load(write(*world()))
    bad = row("departments.region", code="990000", kind="town")
    assert reason(bad, write=write).startswith('kind: "town" is not one of')


# --- Words of the plan ------------------------------------------------------------------------------------------------


def chinese_clause() -> Row:
    return clause("二", 2, text="二、合格率达到92%以上，并逐年提高。")


@pytest.mark.parametrize(
    ("quote", "english", "chinese"),
    [
        (
            "合格率达到93%以上",
            'After "…合格率达到9" the quote goes on "3%以上", the clause "2%以上，并逐年提高".',
            "在“…合格率达到9”之后，引文为“3%以上”，条款为“2%以上，并逐年提高”。",
        ),
        (
            "合格率达到92％以上",
            'After "…合格率达到92" the quote goes on "％以上", the clause "%以上，并逐年提高。". '
            "Only punctuation, full or half width, or white space differs: "
            'here "％" (full width), there "%" (half width).',
            "在“…合格率达到92”之后，引文为“％以上”，条款为“%以上，并逐年提高。”。"
            "仅标点、全角半角或空白不同：引文为全角“％”，条款为半角“%”。",
        ),
        ("1 grow by 3.", "These words stand in clause 1.", "这些文字在条款1中。"),
    ],
)
def test_a_quote_that_its_clause_does_not_hold_is_told_with_the_place_where_they_part(
    quote: str, english: str, chinese: str, write: Write
) -> None:
    rows = [*world(), chinese_clause(), target("other", clause=[PLAN, "二"], quote=quote)]
    said = f'quote: The quote "{quote}" does not stand word for word in clause 二.'
    assert reason(*rows, write=write) == f"{said} {english}"
    said = f"quote: 引文“{quote}”与条款二的原文不一致，须逐字引用。"
    assert reason(*rows, write=write, language="zh-hans") == f"{said}{chinese}"


def assignment(model: str, **fields: Any) -> Row:
    return row(model, **{"department": ["works"], "role": "lead"} | fields)


@pytest.mark.parametrize(
    "bad",
    [
        assignment("targets.targetassignment", target=[PLAN, "grow"], quote="grow by 4"),
        assignment("tasks.assignment", task=[PLAN, "task"], quote="grow by 4"),
        milestone("other", quote="grow by 4"),
        task("other", quote="grow by 4"),
        task("other", open_ended="grow by 4"),
        clause("2", 2, heading="2 grow by 4", text="2 grow by 3."),
    ],
)
def test_whatever_quotes_is_told_with_the_place_where_it_parts(bad: Row, write: Write) -> None:
    assert 'grow by " the quote goes on "4", the clause "3.".' in reason(*world(), bad, write=write)


def test_a_clause_that_loses_quoted_words_is_told_with_its_row_and_the_place(write: Write) -> None:
    load(write(*world()))
    path = write(clause(text="1 grow by 4."))
    lines = refusal(path)
    assert all(line.startswith(f"{path}, line 2, plans.clause {PLAN} 1: ") for line in lines)
    assert any(
        'grow quotes words that clause 1 no longer holds: grow by 3. After "…grow by " the' in one for one in lines
    )


# --- Plans ------------------------------------------------------------------------------------------------------------


def numbers() -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in (Plan, Clause, Indicator, Target, Task)}


@pytest.mark.parametrize(
    "other", [{"number": "Other 2"}, {"region": ["880000"]}, {"first_month": "2030-02"}, {"number": ""}]
)
def test_another_plan_under_a_stored_code_is_refused_and_mixes_with_nothing(
    other: dict[str, Any], write: Write
) -> None:
    load(write(*world(), name="first.json"))
    before = numbers()
    path = write(region("880000"), plan(title="Other", **other), clause("2", 2), name="second.json")
    refused, needing_it = refusal(path)
    assert refused.startswith(f'{path}, line 3, plans.plan {PLAN}: The code "{PLAN}" belongs to another plan. Stored: ')
    assert "Plan (1, Region 990000, 2030-01). In the file: Other (" in refused
    assert needing_it.endswith(f"plans.plan {PLAN} ({path}, line 3) is refused, or comes only later.")
    refused, _needing_it = refusal(path, language="zh-hans")
    assert refused.startswith(f"{path} 第 3 行, plans.plan {PLAN}: 代码“{PLAN}”已属于另一份计划。库中：Plan (1, ")
    assert numbers() == before


def test_a_draft_without_a_number_is_given_it_when_it_is_issued(write: Write) -> None:
    load(write(region(), plan(number="", issued_on=None, state="draft"), clause()))
    assert load(write(plan(number="City 2030 No. 1"))) == "1 read, 0 new, 1 changed, 0 unchanged"
    assert (Plan.objects.get().number, Plan.objects.get().state) == ("City 2030 No. 1", "published")


@pytest.mark.parametrize(
    ("stored", "other"),
    [
        ({"state": "draft", "issued_on": None}, {"region": ["880000"]}),
        ({"state": "draft", "issued_on": None}, {"first_month": "2030-02"}),
        ({}, {}),
    ],
)
def test_a_number_makes_another_plan_of_a_published_one_and_of_a_draft_of_another_region_or_month(
    stored: dict[str, Any], other: dict[str, Any], write: Write
) -> None:
    load(write(region(), plan(number="", **stored), clause()))
    refused = refusal(write(region("880000"), plan(number="City 2030 No. 1", **other)))
    assert "belongs to another plan" in refused[0]
    assert Plan.objects.get().number == ""


def test_a_plan_in_force_is_not_made_a_draft_by_a_file(write: Write) -> None:
    load(write(*world(), name="first.json"))
    path = write(plan(state="draft"), name="second.json")
    assert refusal(path)[0].endswith('is in force: a file does not make a draft of it. Leave out "state" in the file.')
    assert refusal(path, language="zh-hans")[0].endswith("已发布，文件不能将其改回草案。请在文件中删去 state。")
    assert Plan.objects.get().state == "published"


OTHER_CITY = region("880000"), department("other", region=["880000"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            department("works", name="Other works", region=["880000"]),
            "belongs to a unit of another region. Stored: Bureau works (Region 990000). In the file: Other works (",
        ),
        (
            indicator("growth", department=["other"]),
            "belongs to another indicator. Stored: Indicator growth (Bureau works). In the file: Indicator growth (",
        ),
    ],
)
def test_another_city_s_file_takes_over_neither_unit_nor_indicator_by_its_code(
    given: Row, said: str, write: Write
) -> None:
    load(write(*world(), *OTHER_CITY))
    assert said in reason(given, write=write)
    assert Department.objects.get(code="works").region.code == "990000"
    assert Indicator.objects.filter(department__short_name="works").exists()


@pytest.mark.parametrize("unit", [None, ["works"]])
def test_an_indicator_without_a_unit_is_another_one_by_its_name(unit: list[str] | None, write: Write) -> None:
    load(write(region(), department(), indicator(department=None)))
    assert "belongs to another indicator" in reason(indicator(name="Other", department=unit), write=write)
    load(write(indicator(department=["works"], unit="%")))
    load(write(indicator(name="Growth of the year")))
    assert Indicator.objects.get().name == "Growth of the year"


def test_a_county_is_not_moved_to_another_city_by_a_file(write: Write) -> None:
    load(write(*world(), region("880000"), region("990100", kind="county")))
    load(write(region("990100", kind="county", parent=["990000"])))
    moved = region("990100", kind="county", parent=["880000"])
    assert "Stored: Region 990100 (Region 990000). In the file: Region 990100 (Region 880000)." in reason(
        moved, write=write
    )
    assert Region.objects.get(code="990100").parent == Region.objects.get(code="990000")


def test_two_files_with_one_code_are_refused_together_with_both_places(write: Write) -> None:
    first, second = write(*world(), name="first.json"), write(plan(number="Other 2"), name="second.json")
    assert refusal(first, second) == [
        f"{second}, line 2, plans.plan {PLAN}: This object is given twice, first in {first}, line 4."
    ]
    assert not Plan.objects.exists()


def test_a_plan_without_a_number_is_loaded(write: Write) -> None:
    rows = [region(), department(), plan(number=""), clause(), indicator(), target()]
    load(write(*rows))
    assert (Plan.objects.get().state, Plan.objects.get().number) == ("published", "")


def test_a_published_plan_without_its_day_is_refused(write: Write) -> None:
    bad = plan(issued_on=None)
    assert reason(region(), bad, write=write) == "A plan needs the day on which it was issued."
    assert reason(region(), bad, write=write, language="zh-hans") == "已发布的计划须有发布日期。"
