"""Nothing that the plan promises is left out: each sentence of 一, 二 and 三 has what carries it.

`coverage.txt` beside this file lists the sentences and their carriers for people to read; a test keeps it true.
"""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings

FIXTURES = settings.BASE_DIR / "fixtures"
LISTED = Path(__file__).with_name("coverage.txt")
SHARED, LEAD, SUPPORT = "shared", "lead", "support"
ROLES = (
    ("按职责分工负责", SHARED),
    ("按照职责分工负责", SHARED),
    ("牵头负责", LEAD),
    ("牵头", LEAD),
    ("配合", SUPPORT),
)
OPEN_ENDED = {"二(二)5": "相关市级部门", "二(五)1": "相关市级部门", "二(五)3": "等单位"}
NAMES_NOBODY = {"二(一)", "三(一)", "三(二)", "三(三)"}

BY_TASK_ALONE = {
    "(具体活动内容另行通知)",
    "各级政府务必把质量发展摆在重要的战略位置。",
    "重点突出食品农产品质量安全监管。",
}
"""Beside the headings of items: the sentences that name nothing to tick off and are work of the task as a whole."""

PROMISED = {
    "demonstration-city": ("done_by", None),
    "no-serious-quality-incidents": ("none", None),
    "quality-investment-growth": ("at_least", "gdp-growth"),
    "manufacturing-quality": ("at_least", "92"),
    "farm-products-safety": ("at_least", "96"),
    "international-standards": ("at_least", "53"),
    "transport-works-supervision": ("exactly", "100"),
    "water-works-supervision": ("exactly", "100"),
    "housing-works-supervision": ("exactly", "100"),
    "completed-works-quality": ("exactly", "100"),
    "service-satisfaction": ("at_least", "75"),
    "surface-water-improves": ("improves", None),
    "surface-water-grade-3": ("at_least", "64"),
    "drinking-water": ("at_least", "87"),
    "air-quality": ("at_least", "65"),
    "garbage-rivers": ("improves", None),
    "farming-standards": ("at_least", "58"),
    "outdated-capacity": ("at_least", "100"),
    "standards-drafted": ("at_least", "8"),
    "equipment-accidents": ("at_most", "0.42"),
    "equipment-deaths": ("at_most", "0.42"),
    "dangerous-houses": ("at_least", "4081"),
    "model-villages": ("at_least", "25"),
    "air-projects": ("at_least", "10"),
    "pm25": ("improves", None),
    "yellow-label-vehicles": ("at_least", "15000"),
    "national-iv-petrol": ("done_by", None),
    "polluters-treated": ("at_least", "46"),
    "plain-forest": ("improves", None),
    "bus-share": ("at_least", "2"),
    "home-care-centres": ("at_least", "709"),
    "care-beds": ("at_least", "11740"),
    "associations-chosen": ("between", "1"),
    "quality-investment-above-gdp": ("more_than", "gdp-growth"),
}
"""Every promise in numbers: its comparator, and the number or the indicator that it is compared with."""

NO_QUANTITY = ("12315、12365、12369、12312", "PM2.5", "2014年")
"""Digits that measure nothing: telephone numbers, a kind of dust, the year."""
QUANTITY = re.compile(r"\d+(?:\.\d+)?(?:%|万辆|起/万台|人/万台|个百分点|户|家|项|件|个|张|以上|至\d+个)")


class Sentence(NamedTuple):
    """A sentence of the document, with the number of the clause in which it stands."""

    path: str
    text: str

    def __str__(self) -> str:
        return f"{self.path} {self.text[:24]}"


def fields_of(file: str, model: str) -> list[dict[str, Any]]:
    rows = json.loads((FIXTURES / file).read_text(encoding="utf-8"))
    return [row["fields"] for row in rows if row["model"] == model]


CLAUSES = {clause["path"]: clause for clause in fields_of("20_plan_2014.json", "plans.clause")}
DEPARTMENTS = fields_of("10_departments.json", "departments.department")
TARGETS = fields_of("30_targets_2014.json", "targets.target")
TARGET_DUTIES = fields_of("30_targets_2014.json", "targets.targetassignment")
TASKS = fields_of("40_tasks_2014.json", "tasks.task")
DUTIES = fields_of("40_tasks_2014.json", "tasks.assignment")
MILESTONES = fields_of("40_tasks_2014.json", "tasks.milestone")
ITEMS = [path for path in CLAUSES if re.fullmatch(r"二\(一\)|二\(.\)\d|三\(.\)", path)]
PATH_OF_TASK = {task["code"]: task["clause"][1] for task in TASKS}
CODES = {
    name: unit["code"] for unit in DEPARTMENTS for name in (unit["short_name"], *(a["name"] for a in unit["aliases"]))
}


def sentences() -> list[Sentence]:
    """Every sentence of 一, 二 and 三, the closing parentheses among them."""
    found = []
    for path, clause in CLAUSES.items():
        if path[0] in "一二三":
            parts = re.split(r"(?<=。)|\n|(?=\([^()]*(?:负责|配合|另行通知)\)$)", clause["text"])
            found += [Sentence(path, part) for part in parts if part]
    return found


def carriers(sentence: Sentence) -> set[str]:
    """Targets, milestones and assignments whose words stand in the sentence, and the task whose item holds it."""
    inside = [
        ("target", target["code"]) for target in TARGETS if stands_in(sentence, target["clause"][1], target["quote"])
    ]
    for kind, rows in (("milestone", MILESTONES), ("assignment", DUTIES)):
        for row in rows:
            if stands_in(sentence, PATH_OF_TASK[row["task"][1]], row["quote"]):
                inside.append((kind, row.get("code") or row["department"][0]))
    inside += [("task", task["code"]) for task in TASKS if holds(task, sentence)]
    if sentence.path == "一" and is_heading(sentence):
        inside += [("target", target["code"]) for target in TARGETS if target["headline"]]
    return {f"{kind} {code}" for kind, code in inside}


def stands_in(sentence: Sentence, path: str, quote: str) -> bool:
    return path == sentence.path and bool(quote) and quote in sentence.text


def holds(task: dict[str, Any], sentence: Sentence) -> bool:
    """The task's own words, or the heading of the section in which the task stands."""
    path = task["clause"][1]
    if path == sentence.path:
        return sentence.text in task["quote"]
    return is_heading(sentence) and path.startswith(sentence.path)


def is_heading(sentence: Sentence) -> bool:
    heading = CLAUSES[sentence.path]["heading"]
    return re.sub(r"^[一二三]、|^\(.\)|^\d\.", "", sentence.text).rstrip("。.") == heading


def named_units(path: str) -> dict[str, tuple[str, str]]:
    """Department → role and words, read from the clause's closing parenthesis."""
    closing = re.search(r"\(([^()]*(?:负责|配合))\)$", CLAUSES[path]["text"])
    found = {}
    for phrase in closing[1].split(",") if closing else []:
        words, role = next((words, role) for words, role in ROLES if phrase.endswith(words))
        for name in phrase.removesuffix(words).removesuffix("等单位").split("、"):
            if name not in OPEN_ENDED.values():
                found[CODES[name]] = (role, phrase)
    return found


@pytest.mark.parametrize("sentence", [one for one in sentences() if one.path != "一"], ids=str)
def test_each_sentence_of_the_tasks_and_measures_is_carried(sentence: Sentence) -> None:
    found = carriers(sentence)
    assert any(name.startswith("task ") for name in found)
    if not is_heading(sentence) and sentence.text not in BY_TASK_ALONE:
        assert any(not name.startswith("task ") for name in found), "only the task as a whole carries this sentence"


@pytest.mark.parametrize("sentence", [one for one in sentences() if one.path == "一" and not is_heading(one)], ids=str)
def test_each_clause_of_the_main_objectives_is_a_target(sentence: Sentence) -> None:
    rest = sentence.text
    for target in sorted(TARGETS, key=lambda target: -len(target["quote"])):
        if target["clause"][1] == "一":
            rest = rest.replace(target["quote"], "")
    assert not rest.strip(",。"), "no target promises this"


def test_the_list_of_sentences_and_their_carriers_is_true() -> None:
    assert LISTED.read_text(encoding="utf-8") == "".join(map(entry, sentences()))


def entry(sentence: Sentence) -> str:
    """The sentence, and indented under it what carries it."""
    return f"{sentence.path} | {sentence.text}\n    {', '.join(sorted(carriers(sentence)))}\n"


def test_the_heading_of_the_main_objectives_is_carried_by_the_headline_targets() -> None:
    headline = {target["code"] for target in TARGETS if target["headline"]}
    assert headline == {target["code"] for target in TARGETS if target["clause"][1] == "一"}
    assert len(headline) == 15


@pytest.mark.parametrize("path", [path for path in CLAUSES if path[0] in "一二"])
def test_each_quantity_of_a_clause_stands_in_the_words_of_a_target_or_milestone(path: str) -> None:
    text = re.sub(r"^\d+\.", "", CLAUSES[path]["text"])
    quotes = [target["quote"] for target in TARGETS if target["clause"][1] == path]
    quotes += [step["quote"] for step in MILESTONES if PATH_OF_TASK[step["task"][1]] == path]
    for found in re.finditer(r"\d+(?:\.\d+)?", without(text, NO_QUANTITY)):
        around = without(text, NO_QUANTITY)[found.start() : found.end() + 6]
        quantity = QUANTITY.match(around)
        assert quantity, f"digits without a unit that is known: {around}"
        assert any(quantity[0] in without(quote, NO_QUANTITY) for quote in quotes), quantity[0]


def without(text: str, words: tuple[str, ...]) -> str:
    for word in words:
        text = text.replace(word, "")
    return text


def test_each_numbered_item_has_exactly_one_task_with_all_its_words() -> None:
    assert len(ITEMS) == 21
    assert [task["clause"][1] for task in TASKS] == ITEMS
    assert [task["quote"] for task in TASKS] == [CLAUSES[path]["text"] for path in ITEMS]
    assert [task["title"] for task in TASKS] == [CLAUSES[path]["heading"] for path in ITEMS]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: str(task["clause"][1]))
def test_a_tasks_units_and_roles_are_those_in_the_parenthesis(task: dict[str, Any]) -> None:
    path = task["clause"][1]
    duties = [duty for duty in DUTIES if duty["task"][1] == task["code"]]
    assert duties
    assert all(unit_stands_in(duty) for duty in duties if duty["quote"])
    if path not in NAMES_NOBODY:
        assert {duty["department"][0]: (duty["role"], duty["quote"]) for duty in duties} == named_units(path)
    assert task["open_ended"] == OPEN_ENDED.get(path, "")


@pytest.mark.parametrize("path", sorted(NAMES_NOBODY))
def test_where_the_plan_names_nobody_no_words_are_put_into_its_mouth(path: str) -> None:
    assert not named_units(path)
    assert {duty["quote"] for duty in DUTIES if PATH_OF_TASK[duty["task"][1]] == path} == {""}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: str(target["code"]))
def test_a_targets_units_and_roles_are_those_in_the_parenthesis(target: dict[str, Any]) -> None:
    duties = [duty for duty in TARGET_DUTIES if duty["target"][1] == target["code"]]
    named = named_units(target["clause"][1])
    assert duties
    if named:
        assert {duty["department"][0]: (duty["role"], duty["quote"]) for duty in duties} == named
    else:
        assert {duty["quote"] for duty in duties} == {""}
        assert [duty["role"] for duty in duties].count(LEAD) == 1


def unit_stands_in(duty: dict[str, Any]) -> bool:
    """Whether the words that are quoted name the unit."""
    return any(code == duty["department"][0] and name in duty["quote"] for name, code in CODES.items())


@pytest.mark.parametrize("task", TASKS, ids=lambda task: str(task["clause"][1]))
def test_a_task_is_linked_with_the_targets_of_its_item(task: dict[str, Any]) -> None:
    same_item = [target["code"] for target in TARGETS if target["clause"] == task["clause"]]
    assert [code for _year, code in task["targets"]] == same_item


def test_no_promise_in_numbers_is_missing() -> None:
    stored = {}
    for target in TARGETS:
        operand = target.get("operand", [None])[0]
        stored[target["code"]] = (target["comparator"], operand or target.get("threshold"))
    assert stored == PROMISED


def test_only_what_the_plan_strives_for_is_aspirational() -> None:
    aspirational = {target["code"] for target in TARGETS if target["firmness"] == "aspirational"}
    assert aspirational == {target["code"] for target in TARGETS if re.search("争取|力争", target["quote"])}
    assert aspirational == {"demonstration-city", "surface-water-grade-3"}


def test_each_promise_of_an_event_has_a_milestone_that_leads_to_it() -> None:
    led_to = {step["target"][1] for step in MILESTONES if "target" in step}
    assert led_to == {target["code"] for target in TARGETS if target["comparator"] == "done_by"}


def test_each_count_of_an_item_is_a_milestone_that_its_target_counts() -> None:
    counts = {
        one["code"] for one in fields_of("30_targets_2014.json", "targets.indicator") if one["measure"] == "count"
    }
    paths = {path: code for code, path in PATH_OF_TASK.items()}
    promised = {
        (paths[one["clause"][1]], one["code"], one["quote"])
        for one in TARGETS
        if one["indicator"][0] in counts and one["comparator"] == "at_least" and one["clause"][1] in paths
    }
    counted = [one for one in MILESTONES if "counted_by" in one]
    assert {(one["task"][1], one["counted_by"][1], one["quote"]) for one in counted} == promised
    assert len(counted) == len(promised) == 9
    assert all(one["title"] in one["quote"] for one in counted)


def test_every_milestones_words_stand_in_its_tasks_clause() -> None:
    assert not [step for step in MILESTONES if step["quote"] not in CLAUSES[PATH_OF_TASK[step["task"][1]]]["text"]]


def test_everything_is_due_at_the_end_of_the_year_where_the_text_gives_no_day() -> None:
    assert {row["due"] for row in (*TARGETS, *TASKS, *MILESTONES)} == {"2014-12-31"}


@pytest.mark.parametrize(
    "deliverable",
    [
        "服装检测省级中心",
        "激光与光电省级中心",
        "温州市标准馆",
        "市标准创新服务平台",
        "工业电器国家质检中心",
        "汽车电气国家质检中心",
        "危险废物处置项目",
        "污泥处置项目",
        "食品行业诚信体系",
        "考核实施细则",
        "年度考核",
        "二十周年纪念活动",
        "百日攻坚活动",
        "通过国家正式验收",
        "黑名单",
        "快速检测室",
        "国Ⅳ标准车用汽油",
    ],
)
def test_a_deliverable_that_the_plan_names_is_a_milestone(deliverable: str) -> None:
    assert any(deliverable in step["title"] for step in MILESTONES)
