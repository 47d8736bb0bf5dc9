"""The stored plan says what the document says, character for character."""

import re

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from departments.models import Region
from plans.models import Clause, Plan
from plans.tests.factories import plan_of_year

TEXT = (settings.BASE_DIR / "fixtures" / "2014-wenzhou.txt").read_text(encoding="utf-8")
HEAD, BODY = TEXT.split("\n\n", 1)
NUMBERED = r"[一二三四五六七八九十]+"


@pytest.fixture
def plan(db: None) -> Plan:
    region = Region.objects.create(code="990000", name="City", kind="city")
    return plan_of_year(2030, region=region)


def make_clause(plan: Plan, **fields: object) -> Clause:
    return Clause(
        **{"plan": plan, "path": "一", "order": 1, "heading": "目标", "text": "一、目标\n达到92%以上。"} | fields
    )


def test_all_clauses_in_order_are_the_body_character_for_character(plan_2014: Plan) -> None:
    assert "\n".join(plan_2014.clauses.order_by("order").values_list("text", flat=True)) + "\n" == BODY


def test_the_plans_head_is_that_of_the_document(plan_2014: Plan) -> None:
    notice, *lines = HEAD.splitlines()
    head = dict(line.split(": ", 1) for line in lines)
    assert (plan_2014.issuer, plan_2014.number) == (head["发布单位"], head["发布文号"])
    assert (str(plan_2014.issued_on), plan_2014.source) == (head["发布日期"], head["原文地址"])
    assert notice == f"{plan_2014.issuer}关于印发{plan_2014.title}的通知"
    assert plan_2014.clauses.get(path="标题").text == plan_2014.title


def test_every_numbered_line_of_the_document_opens_a_clause_of_its_own(plan_2014: Plan) -> None:
    opening = re.compile(rf"^(?:{NUMBERED}、|\({NUMBERED}\)|\d+\.)")
    numbered = [line for line in BODY.splitlines() if opening.match(line)]
    clauses = plan_2014.clauses.order_by("order")
    assert [clause.text.split("\n")[0] for clause in clauses if opening.match(clause.text)] == numbered
    assert not [line for clause in clauses for line in clause.text.split("\n")[1:] if opening.match(line)]


def test_a_clauses_number_is_its_parents_and_that_of_its_own_line(plan_2014: Plan) -> None:
    for clause in plan_2014.clauses.select_related("parent").exclude(path__in=["通知", "标题", "引言"]):
        own = re.match(rf"({NUMBERED})、|(\({NUMBERED}\))|(\d+)\.", clause.text)
        assert own is not None
        parent = clause.parent.path if clause.parent else ""
        assert clause.path == parent + next(filter(None, own.groups()))


def test_every_numbered_clause_opens_with_its_heading(plan_2014: Plan) -> None:
    for clause in plan_2014.clauses.exclude(path__in=["通知", "引言"]):
        first = re.sub(rf"^(?:{NUMBERED}、|\({NUMBERED}\)|\d+\.)", "", clause.text.split("\n")[0])
        assert clause.heading
        assert re.split(r"[。.](?!\d)", first)[0] == clause.heading


def test_every_promise_stands_word_for_word_in_its_clause(plan_2014: Plan) -> None:
    quoted = [(target.quote, target.clause.text) for target in plan_2014.targets.select_related("clause")]
    tasks = plan_2014.tasks.select_related("clause").prefetch_related("milestones", "assignments")
    quoted += [(task.quote, task.clause.text) for task in tasks]
    quoted += [(step.quote, task.clause.text) for task in tasks for step in task.milestones.all()]
    quoted += [(duty.quote, task.clause.text) for task in tasks for duty in task.assignments.all() if duty.quote]
    assert len(quoted) > 200
    assert not [quote for quote, text in quoted if not quote or quote not in text]


def test_a_heading_that_stands_in_the_text_is_accepted(plan: Plan) -> None:
    make_clause(plan).full_clean()


def test_a_heading_that_does_not_stand_in_the_text_is_refused(plan: Plan) -> None:
    with pytest.raises(ValidationError, match="heading"):
        make_clause(plan, heading="任务").full_clean()


@pytest.mark.parametrize("same", [{"path": "二"}, {"order": 2}])
def test_a_number_and_a_place_are_given_once_a_plan(plan: Plan, same: dict[str, object]) -> None:
    make_clause(plan).save()
    with pytest.raises(ValidationError):
        make_clause(plan, **same).full_clean()
    with pytest.raises(IntegrityError):
        make_clause(plan, **same).save()
