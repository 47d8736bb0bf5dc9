"""Nobody approves a report that they have typed a part of, nor signs off or closes what they have reported."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from departments.models import AuditEvent, Notice, User
from departments.notices.matters import matters_of_people
from departments.permissions import Role
from targets.tests import factories as f
from tasks.models import Assignment, ProgressReport, SignOff, Task
from tasks.services.attachments import attach_to_report
from tasks.services.deciding import approve_report, return_report
from tasks.services.reporting import hand_in_report, save_report
from tasks.services.signing import close_task, sign_off
from tasks.services.splitting import Planned, split_into_milestones, version_of
from tasks.tests.cast import JUNE, approved, cast, handed_in, paper, said

pytestmark = pytest.mark.django_db


@pytest.fixture(name="city")
def _city(settings: Any, tmp_path: Any) -> SimpleNamespace:
    """The lead's people who enter and review, beside those of the cast."""
    settings.MEDIA_ROOT = tmp_path
    city = cast()
    for name in ("first", "second", "third", "other"):
        person = f.person(Role.REPORTER, city.lead)
        person.memberships.create(department=city.lead, role=Role.REVIEWER.value)
        setattr(city, name, User.objects.get(pk=person.pk))
    return city


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(city: SimpleNamespace) -> str:
    return f"/plans/plan-2014/tasks/t/report/{city.lead.code}/2014-06/"


def by_two(city: SimpleNamespace) -> ProgressReport:
    """Words by one, a milestone by another, handed in by a third."""
    save_report(city.place, said("已推进"), version=0, by=city.first)
    save_report(city.place, said("已推进", **{f"m{city.open.pk}": "40"}), version=1, by=city.second)
    made = hand_in_report(city.place, by=city.third)
    assert made is not None
    return made


# --- Reports ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("returned", [False, True], ids=["new", "returned"])
@pytest.mark.parametrize("approver", ["second", "third"])
def test_who_typed_does_not_approve_what_one_attached_to_and_another_handed_in(
    approver: str, returned: bool, city: SimpleNamespace
) -> None:
    typed = {"version": "0", "done": "已推进", f"percentage-{city.open.pk}": "40"}
    client_of(city.first).post(address(city), typed | {"deed": "save"})
    if returned:
        handed_in = hand_in_report(city.place, by=city.other)
        assert handed_in is not None
        return_report(handed_in, by=city.other, reason="请附证明")
    attach_to_report(city.place, paper(), by=city.second)
    form = typed | {"version": "0" if returned else "1", f"percentage-{city.open.pk}": "40 %"}
    client_of(city.third).post(address(city), form | {"deed": "hand_in"})
    made = ProgressReport.objects.get(state="submitted")
    assert (made.all_authors, made.handed_in_by) == ([city.first], city.third)
    assert "本人填写或修改过其中内容" in client_of(city.first).get("/tasks/reviews/").content.decode()
    answer = client_of(city.first).post(f"/tasks/reports/{made.pk}/approve/")
    assert answer.status_code == 403
    assert "不得由本人审核" in answer.content.decode()
    client_of(getattr(city, approver)).post(f"/tasks/reports/{made.pk}/approve/")
    assert ProgressReport.objects.get(pk=made.pk).approved_by == getattr(city, approver)


def test_all_authors_of_a_report_are_kept_named_and_told(city: SimpleNamespace) -> None:
    made = by_two(city)
    parts = {one.user: one.parts for one in made.authors.all()}
    assert parts == {city.first: ["done", "next_steps"], city.second: [str(city.open.pk)]}
    names = f"{city.first}, {city.second}"
    assert AuditEvent.objects.get(action="report.submitted").detail["authors"] == names
    page = client_of(city.other).get("/tasks/reviews/").content.decode()
    assert f"{city.first}、{city.second} ({city.third} 提交)" in " ".join(page.split())
    told = matters_of_people([city.first, city.second, city.third], timezone.localdate())
    asked = [pk for pk, matters in told.items() if any(one.thing == "task_reviews" for one in matters)]
    assert asked == [city.third.pk]
    for author in (city.first, city.second):
        with pytest.raises(PermissionDenied), transaction.atomic():
            approve_report(made, by=author)
    return_report(made, by=city.other, reason="请补充")
    assert {one.user for one in Notice.objects.all()} == {city.first, city.second, city.third}


def test_authors_of_words_that_a_colleague_has_corrected_remain_authors(city: SimpleNamespace) -> None:
    return_report(handed_in(city.place, city.first), by=city.other, reason="请补充")
    made = handed_in(city.place, city.second, said("已推进，并完成选址"))
    assert {one.user: one.parts for one in made.authors.all()} == {
        city.second: ["done"],
        city.first: ["done", "next_steps"],
    }


# --- Signing off and closing ------------------------------------------------------------------------------------------


def refused(act: Any, code: str = "own") -> str:
    with pytest.raises(ValidationError) as error, transaction.atomic():
        act()
    assert error.value.code == code
    return " ".join(error.value.messages)


def test_who_has_reported_does_not_sign_off_and_reads_who_does(city: SimpleNamespace) -> None:
    approved(city.place, city.first, city.other)
    page = client_of(city.first).get("/plans/plan-2014/tasks/t/").content.decode()
    assert "不得由您签审" in page
    assert 'class="sign"' not in page
    said_so = refused(lambda: sign_off(city.task, JUNE, by=city.first, note="其他单位无进展"))
    assert f"{city.coordinator}、" in said_so
    assert str(city.first) not in said_so
    assert sign_off(city.task, JUNE, by=city.second, note="其他单位无进展").by == city.second


def without_lead(city: SimpleNamespace) -> Task:
    """A task that nobody leads, of which everything is reported."""
    Assignment.objects.filter(task=city.task).update(role="shared")
    done = f"100 {JUNE.last_day}"
    approved(city.place, city.first, city.other, said(**{f"m{city.open.pk}": done}))
    approved(city.theirs, city.sharer, city.checker, said(**{f"m{city.step.pk}": done}))
    return Task.objects.get(pk=city.task.pk)


def test_one_coordinator_does_not_both_sign_off_and_close_a_task_without_a_lead(city: SimpleNamespace) -> None:
    task = without_lead(city)
    sign_off(task, JUNE, by=city.coordinator)
    assert str(city.leader) in refused(lambda: close_task(task, by=city.coordinator))
    User.objects.filter(pk=city.leader.pk).update(is_active=False)
    assert "目前没有其他人员" in refused(lambda: close_task(task, by=city.coordinator))
    colleague = f.person(Role.COORDINATOR)
    assert close_task(task, by=colleague).closed_by == colleague


def test_the_button_to_close_is_shown_to_who_may_and_the_others_read_who_does(city: SimpleNamespace) -> None:
    task, address = without_lead(city), "/plans/plan-2014/tasks/t/"
    button = f'action="{address}close/"'

    def seen(user: User) -> str:
        return client_of(user).get(address).content.decode()

    assert button not in seen(city.leader)
    assert "尚未签审" in seen(city.leader)
    sign_off(task, JUNE, by=city.coordinator)
    assert button not in seen(city.coordinator)
    assert re.search(f"不得由您办结.*{city.leader}", seen(city.coordinator))
    assert button in seen(city.leader)
    assert "办结" not in seen(city.sharer)
    close_task(task, by=city.leader)
    assert button not in seen(city.leader)


def test_the_leader_closes_what_the_only_coordinator_signed_off(city: SimpleNamespace) -> None:
    task = without_lead(city)
    sign_off(task, JUNE, by=city.coordinator)
    client_of(city.leader).post("/plans/plan-2014/tasks/t/close/")
    assert Task.objects.get(pk=task.pk).closed_by == city.leader


def test_who_has_split_a_task_or_reported_on_it_does_not_close_it(city: SimpleNamespace) -> None:
    splitter = f.person(Role.COORDINATOR)
    steps = city.task.milestones.order_by("pk")
    rows = [Planned(one.title, one.due, one.pk, one.department_id, weight=50) for one in steps]
    split_into_milestones(city.task, rows, by=splitter, reason="各占一半", version=version_of(city.task))
    city.first.memberships.create(department=f.department(), role=Role.COORDINATOR.value)
    task = without_lead(city)
    sign_off(task, JUNE, by=city.coordinator)
    reporter = User.objects.get(pk=city.first.pk)
    for person in (splitter, reporter):
        refused(lambda person=person: close_task(task, by=person))


# --- The database -----------------------------------------------------------------------------------------------------

BY_HAND = {
    "approves what another handed in": (
        "UPDATE tasks_progressreport SET state = 'approved', official_by = 'review', official_at = %(now)s, "
        "approved_by_id = %(second)s WHERE id = %(report)s"
    ),
    "decides that it is approved": (
        "INSERT INTO tasks_reportdecision (report_id, verb, by_id, at, reason) "
        "VALUES (%(report)s, 'approve', %(first)s, %(now)s, '')"
    ),
    "makes somebody an author afterwards": (
        "INSERT INTO tasks_reportauthor (report_id, user_id, parts) VALUES (%(report)s, %(other)s, '[]')"
    ),
    "signs off what they have reported": (
        "INSERT INTO tasks_signoff (task_id, month, by_id, at, note, missing) "
        "VALUES (%(task)s, 201406, %(second)s, %(now)s, '', '')"
    ),
    "closes what they have reported": (
        "UPDATE tasks_task SET closed_on = '2014-06-30', closed_by_id = %(second)s WHERE id = %(task)s"
    ),
    "closes what they have signed off": (
        "UPDATE tasks_task SET closed_on = '2014-06-30', closed_by_id = %(other)s WHERE id = %(task)s"
    ),
}


@pytest.mark.parametrize("what", BY_HAND)
def test_the_database_keeps_apart_who_reports_and_who_decides(what: str, city: SimpleNamespace) -> None:
    made = by_two(city)
    if "what they have" in what:
        approve_report(made, by=city.third)
        SignOff.objects.create(task=city.task, month=JUNE, by=city.other)
    adapt: Any = connection.ops.adapt_datetimefield_value
    known = {name: getattr(city, name).pk for name in ("first", "second", "other", "task")}
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BY_HAND[what], known | {"report": made.pk, "now": adapt(timezone.now())})
