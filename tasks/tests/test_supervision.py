"""The steps of a notice: every one of the table by whom it belongs, every other one refused with nothing changed."""

from datetime import date
from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from departments.models import AuditEvent, Notice, Region, User
from departments.notices import matters
from departments.permissions import Role
from plans.models import CalendarDay
from targets.tests import factories as f
from tasks.models import SupervisionNotice, SupervisionRules
from tasks.rules.supervising import TRANSITIONS, SupervisionState, SupervisionVerb
from tasks.services import supervision as services
from tasks.tests import pressed as p

pytestmark = pytest.mark.django_db

BY_PEOPLE = [verb for verb in SupervisionVerb if verb not in (SupervisionVerb.PROPOSE, SupervisionVerb.ESCALATE)]
ALLOWED = [(state, verb) for state, verb in TRANSITIONS if state is not None and verb in BY_PEOPLE]


@pytest.fixture
def world() -> SimpleNamespace:
    return p.cast()


def standing(notice: SupervisionNotice) -> tuple[Any, ...]:
    found = SupervisionNotice.objects.get(pk=notice.pk)
    return found.state, found.round, found.due, found.number, found.ended_at, found.steps.count()


@pytest.mark.parametrize(("state", "verb"), ALLOWED, ids=lambda one: one.value)
def test_each_step_of_the_table_is_taken_kept_and_recorded(
    world: SimpleNamespace, state: SupervisionState, verb: SupervisionVerb
) -> None:
    notice = p.notice(world, state)
    events = AuditEvent.objects.count()
    moved = p.take(notice, verb, world)
    taken = moved.steps.last()
    assert taken is not None
    assert moved.state == TRANSITIONS[state, verb].to
    assert (taken.verb, taken.from_state, taken.to_state) == (verb, state, moved.state)
    assert (taken.by, taken.at) == (p.actor(verb, world), p.MONDAY)
    assert AuditEvent.objects.count() == events + 1
    assert AuditEvent.objects.latest("pk").action == f"supervision.{verb}"


@pytest.mark.parametrize(
    ("state", "verb"),
    [pair for pair in product(SupervisionState, BY_PEOPLE) if pair not in TRANSITIONS],
    ids=lambda one: one.value,
)
def test_each_step_outside_the_table_is_refused(
    world: SimpleNamespace, state: SupervisionState, verb: SupervisionVerb
) -> None:
    notice = p.notice(world, state)
    before = standing(notice)
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        p.take(notice, verb, world)
    assert refused.value.code == "transition"
    assert standing(notice) == before


@pytest.mark.parametrize(("state", "verb"), ALLOWED, ids=lambda one: one.value)
def test_each_step_is_refused_to_everybody_whose_it_is_not(
    world: SimpleNamespace, state: SupervisionState, verb: SupervisionVerb
) -> None:
    notice = p.notice(world, state)
    before = standing(notice)
    units = {world.reporter, world.reviewer}
    allowed = units if verb in (SupervisionVerb.RECEIVE, SupervisionVerb.ANSWER) else {world.coordinator}
    people = {world.coordinator, world.leader, world.helper, world.stranger, f.person(Role.ADMINISTRATOR), *units}
    for other in people - allowed:
        with pytest.raises(PermissionDenied), transaction.atomic():
            p.take(notice, verb, world, by=other)
    assert standing(notice) == before


@pytest.mark.parametrize(
    ("state", "verb"), [pair for pair in ALLOWED if TRANSITIONS[pair].needs_text], ids=lambda one: one.value
)
def test_a_step_without_the_words_it_needs_is_refused(
    world: SimpleNamespace, state: SupervisionState, verb: SupervisionVerb
) -> None:
    notice = p.notice(world, state)
    before = standing(notice)
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        p.take(notice, verb, world, text="  ")
    assert refused.value.code == "text"
    assert standing(notice) == before


@pytest.mark.parametrize(
    ("state", "verb"), [pair for pair in ALLOWED if TRANSITIONS[pair].needs_other], ids=lambda one: one.value
)
def test_whoever_answered_does_not_judge_the_answer(
    world: SimpleNamespace, state: SupervisionState, verb: SupervisionVerb
) -> None:
    notice = p.notice(world, state)
    both = p.also(world.reporter, Role.COORDINATOR, world.lead)
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        p.take(notice, verb, world, by=both)
    assert refused.value.code == "own_answer"


def test_the_reviewer_and_a_countys_officer_receive_and_answer_too(world: SimpleNamespace) -> None:
    place = Region.objects.create(code="100101", name="某县", kind="county", parent=f.region())
    county = f.department(place, kind="county_government")
    notice = p.notice(world, SupervisionState.ISSUED, lead=county)
    officer = f.person(Role.COUNTY, county)
    notice = services.answer_notice(
        services.receive_notice(notice, by=officer, now=p.MONDAY), by=officer, text="办妥", now=p.MONDAY
    )
    assert (notice.state, notice.answered_by) == (SupervisionState.ANSWERED, officer)
    other = p.notice(world, SupervisionState.ISSUED)
    assert services.receive_notice(other, by=world.reviewer, now=p.MONDAY).state == SupervisionState.RECEIVED
    with pytest.raises(PermissionDenied):
        services.answer_notice(other, by=officer, text="办妥", now=p.MONDAY)


# --- Numbers and limits -----------------------------------------------------------------------------------------------


def test_notices_are_numbered_within_the_year_in_which_they_are_issued(world: SimpleNamespace) -> None:
    first, second = p.notice(world, SupervisionState.ISSUED), p.notice(world, SupervisionState.ISSUED)
    assert [first.number, second.number] == ["督〔2014〕1号", "督〔2014〕2号"]
    waiting = p.notice(world)
    late = services.issue_notice(waiting, by=world.coordinator, now=p.MONDAY.replace(year=2015))
    assert late.number == "督〔2015〕1号"


def test_the_form_of_the_number_is_the_offices(world: SimpleNamespace) -> None:
    SupervisionRules.objects.create(plan=world.plan, number="质强办督〔{year}〕{serial}号")
    assert p.notice(world, SupervisionState.ISSUED).number == "质强办督〔2014〕1号"


@pytest.mark.parametrize("number", ["督1号", "督{serial}号", "督{year}号", "督{year}{month}{serial}", "督{year"])
def test_a_form_that_would_not_tell_notices_apart_is_refused(world: SimpleNamespace, number: str) -> None:
    with pytest.raises(ValidationError, match="number"):
        SupervisionRules(plan=world.plan, number=number).full_clean()


@pytest.mark.parametrize(
    ("urgency", "days", "due"),
    [
        ("urgent", None, date(2014, 6, 12)),
        ("urgent", 5, date(2014, 6, 16)),
        ("ordinary", None, date(2014, 6, 30)),
        ("difficult", None, date(2014, 7, 21)),
    ],
)
def test_the_limit_counts_working_days_from_the_day_after(
    world: SimpleNamespace, urgency: str, days: int | None, due: date
) -> None:
    assert p.notice(world, SupervisionState.ISSUED, urgency=urgency, days=days).due == due


def test_a_holiday_does_not_count(world: SimpleNamespace) -> None:
    CalendarDay.objects.create(day=date(2014, 6, 10), kind="holiday", name="节日")
    assert p.notice(world, SupervisionState.ISSUED).due == date(2014, 6, 13)


@pytest.mark.parametrize(("urgency", "days"), [("urgent", 6), ("urgent", 0), ("ordinary", 16), ("difficult", 31)])
def test_a_limit_longer_than_the_urgency_allows_is_refused(world: SimpleNamespace, urgency: str, days: int) -> None:
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        p.notice(world, urgency=urgency, days=days)
    assert "days" in refused.value.message_dict
    assert not SupervisionNotice.objects.exists()


def test_the_limits_are_the_offices(world: SimpleNamespace) -> None:
    SupervisionRules.objects.create(plan=world.plan, urgent_days=1, ordinary_days=10)
    assert p.notice(world, SupervisionState.ISSUED).due == date(2014, 6, 10)
    assert p.notice(world, SupervisionState.ISSUED, urgency="ordinary").due == date(2014, 6, 23)


def test_rework_begins_a_new_round_with_a_limit_of_its_own(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.ANSWERED)
    back = services.return_notice_for_rework(notice, by=world.coordinator, reason="措施不具体", now=p.at(13), days=2)
    assert (back.state, back.round, back.due, back.level) == (SupervisionState.REWORK, 2, date(2014, 6, 17), "")


def test_a_notice_without_a_leading_unit_is_not_issued(world: SimpleNamespace) -> None:
    notice = p.notice(world, lead=None)
    with pytest.raises(ValidationError, match="主办单位"):
        services.issue_notice(notice, by=world.coordinator, now=p.MONDAY)
    assert standing(notice)[:4] == ("proposed", 1, None, "")


def test_editing_changes_what_is_said_and_not_what_it_is_about(world: SimpleNamespace) -> None:
    notice = p.notice(world)
    said = p.proposal(
        world, title="新标题", lead=world.support, support=(world.support, world.lead), urgency="difficult"
    )
    edited = services.edit_notice(notice, said, by=world.coordinator, now=p.MONDAY)
    assert (edited.title, edited.lead, edited.days, edited.task) == ("新标题", world.support, 30, world.task)
    assert list(edited.support.all()) == [world.lead]


@pytest.mark.parametrize(
    "wrong", [{"title": " "}, {"demand": ""}, {"urgency": "soon"}, {"title": "长" * 121}, {"demand": "长" * 2001}]
)
def test_a_notice_that_says_nothing_is_refused(world: SimpleNamespace, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        p.notice(world, **wrong)
    assert set(refused.value.message_dict) == set(wrong)
    assert not SupervisionNotice.objects.exists()


def test_a_text_that_is_too_long_is_refused_with_the_limit(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.RECEIVED)
    with pytest.raises(ValidationError, match="2000"):
        services.answer_notice(notice, by=world.reporter, text="长" * 2001, now=p.MONDAY)


# --- Who is told ------------------------------------------------------------------------------------------------------


def told(kind: str) -> set[User]:
    return {one.user for one in Notice.objects.filter(kind=kind).select_related("user")}


def test_the_units_are_told_of_what_comes_to_them_and_the_office_of_answers(world: SimpleNamespace) -> None:
    p.notice(world, SupervisionState.CLOSED)
    units = {world.reporter, world.reviewer, world.helper}
    assert told("supervision_issue") == told("supervision_close") == units
    assert told("supervision_answer") == {world.coordinator}
    line = matters.lines_of_notice(Notice.objects.filter(kind="supervision_issue")[0])[0]
    assert "督〔2014〕1号" in line.text
    assert line.link.startswith("/supervision/")


def test_every_kind_of_news_has_its_words(world: SimpleNamespace) -> None:
    notice = p.notice(world, SupervisionState.REWORK)
    p.take(p.take(notice, "urge", world), "withdraw", world)
    kinds = set(Notice.objects.values_list("kind", flat=True))
    assert kinds == {f"supervision_{verb}" for verb in ("issue", "answer", "return", "urge", "withdraw")}
    for one in Notice.objects.all():
        assert matters.heading_of_notice(one) not in ("", "通知")
        assert all(line.text and "%(" not in line.text for line in matters.lines_of_notice(one))
