"""Leaders comment and ask, units answer, the plan office presses: by whom, when, and what is refused."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from departments.models import AuditEvent, Notice
from departments.notices import digest, matters
from departments.permissions import Role
from targets.models import TargetAssignment
from targets.tests import factories as f
from tasks import clock
from tasks.models import Comment, SupervisionNotice
from tasks.services.commenting import answer_comment, press_comment, write_comment
from tasks.supervision.reminders import supervision_matters_of
from tasks.tests import pressed as p
from tasks.tests.pressed import inside, page

pytestmark = pytest.mark.django_db
FRIDAY = date(2014, 6, 13)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    monkeypatch.setattr(clock, "now", lambda: p.MONDAY)
    return p.cast()


def asked(world: SimpleNamespace, **values: Any) -> Comment:
    said = {"text": "请加快进度", "asked": world.lead, "due": FRIDAY, "by": world.leader, "now": p.MONDAY, **values}
    return write_comment(said.pop("about", world.task), **said)


def test_a_comment_is_asked_answered_and_both_sides_are_told(world: SimpleNamespace) -> None:
    one = asked(world)
    assert {row.user for row in Notice.objects.filter(kind="comment_asked")} == {world.reporter, world.reviewer}
    answer_comment(one, text="本周内完成", by=world.reporter, now=p.at(10))
    one.refresh_from_db()
    assert (one.answer, one.answered_by, one.answered_at) == ("本周内完成", world.reporter, p.at(10))
    told = Notice.objects.get(kind="comment_answered")
    assert told.user == world.leader
    assert "本周内完成" in matters.lines_of_notice(told)[0].text
    assert [one.action for one in AuditEvent.objects.order_by("pk")] == ["comment.written", "comment.answered"]


def test_nobody_but_a_leader_comments(world: SimpleNamespace) -> None:
    for user in (world.coordinator, world.reporter, world.reviewer, f.person(Role.ADMINISTRATOR)):
        with pytest.raises(PermissionDenied), transaction.atomic():
            asked(world, by=user)
    assert not Comment.objects.exists()


def test_nobody_but_the_unit_that_is_asked_answers(world: SimpleNamespace) -> None:
    one = asked(world)
    for user in (world.coordinator, world.leader, world.helper, world.stranger):
        with pytest.raises(PermissionDenied), transaction.atomic():
            answer_comment(one, text="办妥", by=user, now=p.MONDAY)
    unasked = asked(world, asked=None, due=None)
    with pytest.raises(PermissionDenied):
        answer_comment(unasked, text="办妥", by=world.reporter, now=p.MONDAY)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"text": " "}, "text"),
        ({"text": "长" * 1001}, "text"),
        ({"due": None}, "due"),
        ({"asked": None}, "asked"),
        ({"due": date(2014, 6, 8)}, "due"),
    ],
)
def test_a_comment_that_lacks_something_is_refused_at_its_field(
    world: SimpleNamespace, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused, transaction.atomic():
        asked(world, **values)
    assert list(refused.value.message_dict) == [field]
    assert not Comment.objects.exists()


def test_an_answer_is_given_once_and_says_something(world: SimpleNamespace) -> None:
    one = asked(world)
    with pytest.raises(ValidationError), transaction.atomic():
        answer_comment(one, text="  ", by=world.reporter, now=p.MONDAY)
    answer_comment(one, text="办妥", by=world.reporter, now=p.MONDAY)
    with pytest.raises(ValidationError, match="同事已答复"), transaction.atomic():
        answer_comment(one, text="又办妥", by=world.reviewer, now=p.MONDAY)
    assert Comment.objects.get().answer == "办妥"


def test_the_coordinator_makes_one_notice_of_supervision_of_a_comment(world: SimpleNamespace) -> None:
    one = asked(world)
    made = press_comment(one, by=world.coordinator, now=p.MONDAY)
    assert (made.origin, made.lead, made.task, made.state) == ("comment", world.lead, world.task, "proposed")
    assert made.grounds["details"]["text"] == "请加快进度"
    with pytest.raises(ValidationError), transaction.atomic():
        press_comment(one, by=world.coordinator, now=p.MONDAY)
    with pytest.raises(PermissionDenied), transaction.atomic():
        press_comment(asked(world), by=world.leader, now=p.MONDAY)
    assert SupervisionNotice.objects.count() == 1


@pytest.mark.parametrize(
    "values",
    [{"task": None}, {"asked": None}, {"due": None}, {"answer": "x"}, {"answered_at": p.MONDAY}],
    ids=str,
)
def test_the_database_refuses_a_comment_by_halves(world: SimpleNamespace, values: dict[str, Any]) -> None:
    one = asked(world)
    with pytest.raises(IntegrityError), transaction.atomic():
        Comment.objects.filter(pk=one.pk).update(**values)


def test_each_sees_what_concerns_them(world: SimpleNamespace) -> None:
    other = f.department()
    one, elsewhere = asked(world), asked(world, asked=other, about=p.task(other, code="other"))
    seen = {
        name: set(Comment.objects.visible_to(getattr(world, name)))
        for name in ("leader", "coordinator", "reporter", "stranger")
    }
    assert seen == {"leader": {one, elsewhere}, "coordinator": {one, elsewhere}, "reporter": {one}, "stranger": set()}


def test_the_unit_is_reminded_and_the_leader_hears_of_what_is_late(world: SimpleNamespace) -> None:
    one = asked(world)
    people = digest.active_people()
    said = {
        day: {
            user.username: [matter.thing for matter in found]
            for user in people
            if (found := supervision_matters_of(people, date(2014, 6, day))[user.pk])
        }
        for day in (12, 14)
    }
    units = {world.reporter.username: [f"comment:{one.pk}"], world.reviewer.username: [f"comment:{one.pk}"]}
    assert said == {12: units, 14: {**units, world.leader.username: ["comments_late"]}}


# --- Pages ------------------------------------------------------------------------------------------------------------


def test_a_leader_comments_on_a_task_and_the_unit_answers_there(world: SimpleNamespace) -> None:
    address = f"/plans/plan-2014/comments/task/{world.task.code}/"
    typed = {"text": "请加快进度", "asked": world.lead.pk, "due": "2014-06-13"}
    assert inside(world.leader).post(address, typed).status_code == 302
    one = Comment.objects.get()
    text = page(world.reporter, f"/plans/plan-2014/tasks/{world.task.code}/")
    assert "请加快进度" in text
    assert f"/comments/{one.pk}/answer/" in text
    assert inside(world.reporter).post(f"/comments/{one.pk}/answer/", {"answer": "已加快"}).status_code == 302
    assert "已加快" in page(world.leader, f"/plans/plan-2014/tasks/{world.task.code}/")
    assert f"/comments/{one.pk}/answer/" not in page(world.reporter, f"/plans/plan-2014/tasks/{world.task.code}/")


def test_a_target_has_its_comments_too(world: SimpleNamespace) -> None:
    promise = f.target(f.indicator("ratio", department=world.lead), "at_least", 92)
    TargetAssignment.objects.create(target=promise, department=world.lead, role="lead")
    typed = {"text": "注意趋势", "asked": "", "due": ""}
    assert inside(world.leader).post(f"/plans/plan-2014/comments/target/{promise.code}/", typed).status_code == 302
    assert "注意趋势" in page(world.coordinator, f"/plans/plan-2014/targets/{promise.code}/")
    assert "注意趋势" not in page(world.stranger, f"/plans/plan-2014/targets/{promise.code}/")


@pytest.mark.parametrize(
    "typed", [{}, {"text": "x", "due": "soon"}, {"text": "x", "asked": "99999"}, {"text": "长" * 1001}]
)
def test_a_bad_comment_keeps_what_was_typed_and_stores_nothing(world: SimpleNamespace, typed: dict[str, str]) -> None:
    answer = inside(world.leader).post(f"/plans/plan-2014/comments/task/{world.task.code}/", typed)
    assert answer.status_code == 422
    assert typed.get("text", "") in answer.content.decode()
    assert not Comment.objects.exists()


def test_what_a_comment_is_about_must_exist(world: SimpleNamespace) -> None:
    for address in ("/plans/plan-2014/comments/task/unknown/", "/plans/plan-2014/comments/plan/x/"):
        assert inside(world.leader).post(address, {"text": "x"}).status_code == 404


def test_an_empty_answer_is_refused_on_its_page(world: SimpleNamespace) -> None:
    one = asked(world)
    answer = inside(world.reporter).post(f"/comments/{one.pk}/answer/", {"answer": " "})
    assert answer.status_code == 422
    assert one.text in answer.content.decode()
    assert inside(world.stranger).post(f"/comments/{one.pk}/answer/", {"answer": "x"}).status_code == 404


def test_pressing_leads_to_the_proposal(world: SimpleNamespace) -> None:
    one = asked(world)
    answer = inside(world.coordinator).post(f"/comments/{one.pk}/press/")
    assert answer["Location"] == f"/supervision/{SupervisionNotice.objects.get().pk}/"
    assert "请加快进度" in page(world.coordinator, answer["Location"])


def test_the_list_shows_what_waits_and_on_demand_everything(world: SimpleNamespace) -> None:
    assert "没有待答复的批示" in page(world.leader, "/comments/")
    answer_comment(asked(world, text="已答复的"), text="办妥", by=world.reporter, now=p.MONDAY)
    asked(world, text="待答复的")
    assert ("已答复的" in page(world.leader, "/comments/"), "待答复的" in page(world.leader, "/comments/")) == (
        False,
        True,
    )
    assert "已答复的" in page(world.leader, "/comments/?all=on")
