"""Milestones that are changed in the administration move the lights of what they lead to."""

from datetime import date
from typing import Any

import pytest
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from departments.models import AuditEvent
from departments.permissions import Role
from plans.periods import Month
from targets.judging.audit import differences
from targets.models import Target
from targets.services.locking import close_plan_month, reopen_plan_month
from targets.tests import factories as f
from tasks.models import Milestone, Task
from tasks.services.milestones import COUNTED, RULES, TASK_RULES

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside() -> Client:
    client = Client()
    client.force_login(f.person(Role.ADMINISTRATOR))
    return client


@pytest.fixture
def promise() -> Target:
    finished = f.indicator("event")
    made = f.target(finished, "done_by")
    task = Task.objects.create(
        plan=made.plan, code="t", title="创建", clause=made.clause, quote=made.quote, due=made.due
    )
    Milestone.objects.create(task=task, code="m", title="步", quote=made.quote, due=date(2014, 3, 31), target=made)
    f.official(f.entry(finished, "2014-03", 0))
    return made


def save(client: Client, task: Task, **changes: str) -> Any:
    """The task's form sent back as it is, with the changes to its only milestone."""
    step = task.milestones.get()
    data = {
        "plan": task.plan_id,
        "code": task.code,
        "order": "0",
        "title": task.title,
        "clause": task.clause_id,
        "quote": task.quote,
        "due": task.due,
        "assignments-TOTAL_FORMS": "0",
        "leaders-TOTAL_FORMS": "0",
        "leaders-INITIAL_FORMS": "0",
        "assignments-INITIAL_FORMS": "0",
        "milestones-TOTAL_FORMS": "1",
        "milestones-INITIAL_FORMS": "1",
        "milestones-0-id": step.pk,
        "milestones-0-task": task.pk,
        "milestones-0-code": step.code,
        "milestones-0-order": "0",
        "milestones-0-title": step.title,
        "milestones-0-quote": step.quote,
        "milestones-0-due": step.due,
        "milestones-0-target": step.target_id,
    }
    changed = {f"milestones-0-{name}": value for name, value in changes.items()}
    answer = client.post(f"/admin/tasks/task/{task.pk}/change/", data | changed)
    assert answer.status_code == 302, answer.context["errors"]
    f.recompute()
    assert list(differences()) == []
    return answer


def signal(promise: Target) -> str:
    return f.attainment(promise, "2014-03").signal


def test_a_milestone_that_is_done_turns_its_promise_green(inside: Client, promise: Target) -> None:
    assert signal(promise) == "red"
    save(inside, Task.objects.get(), done_on="2014-03-30")
    assert signal(promise) == "green"


def test_a_milestone_that_leaves_a_promise_is_missed_there(inside: Client, promise: Target) -> None:
    save(inside, Task.objects.get(), target="")
    assert signal(promise) == "grey"


def test_a_deleted_milestone_is_missed(inside: Client, promise: Target) -> None:
    save(inside, Task.objects.get(), DELETE="on")
    assert signal(promise) == "grey"


def test_with_a_task_its_milestones_go(inside: Client, promise: Target) -> None:
    assert inside.post(f"/admin/tasks/task/{Task.objects.get().pk}/delete/", {"post": "yes"}).status_code == 302
    f.recompute()
    assert signal(promise) == "grey"
    assert list(differences()) == []


def test_a_milestone_whose_words_are_not_in_the_clause_is_refused(inside: Client, promise: Target) -> None:
    with pytest.raises(AssertionError, match="not its words"):
        save(inside, Task.objects.get(), quote="not its words")


@pytest.mark.parametrize(
    ("changes", "closed"),
    [
        ({"done_on": "2014-03-30"}, True),
        ({"due": "2014-05-31"}, True),
        ({"target": ""}, True),
        ({"DELETE": "on"}, True),
        ({"done_on": "2014-04-01"}, False),
        ({"title": "第一步"}, False),
    ],
)
def test_a_milestone_gives_no_closed_month_another_light(
    inside: Client, promise: Target, changes: dict[str, str], closed: bool
) -> None:
    f.judged_anew(promise)
    close_plan_month(promise.plan, Month(2014, 3), by=f.coordinator())
    if not closed:
        save(inside, Task.objects.get(), **changes)
        assert signal(promise) == "red"
        return
    with pytest.raises(AssertionError, match="已封账"):
        save(inside, Task.objects.get(), **changes)
    assert list(differences()) == []
    reopen_plan_month(promise.plan, Month(2014, 3), by=f.coordinator(), reason="更正")
    save(inside, Task.objects.get(), **changes)
    assert AuditEvent.objects.filter(subject__startswith="tasks.milestone:").count() == 1


def test_a_task_whose_milestones_colour_a_closed_month_stays(inside: Client, promise: Target) -> None:
    close_plan_month(promise.plan, Month(2014, 3), by=f.coordinator())
    answer = inside.post(f"/admin/tasks/task/{Task.objects.get().pk}/delete/", {"post": "yes"})
    assert "已封账" in answer.content.decode()
    assert signal(promise) == "red"


def test_every_field_of_a_milestone_judges_or_names() -> None:
    assert RULES.judging | RULES.naming == {field.name for field in Milestone._meta.concrete_fields}
    assert RULES.naming >= COUNTED
    assert TASK_RULES.judging | TASK_RULES.naming == {field.name for field in Task._meta.concrete_fields}


def upload(client: Client, text: str) -> Any:
    form = {"import_file": SimpleUploadedFile("f.csv", text.encode()), "format": "0", "resource": ""}
    return client.post(reverse("admin:tasks_task_import"), form)


def test_an_exported_file_changes_nothing(inside: Client, promise: Target) -> None:
    Task.objects.get().targets.add(promise)
    shown: Any = admin.site._registry[Task]
    result = upload(inside, shown.resource_classes[0]().export().csv).context["result"]
    assert (result.has_errors(), result.has_validation_errors(), result.totals["skip"]) == (False, False, 1)


def test_an_imported_task_names_targets_of_its_own_plan(inside: Client, promise: Target) -> None:
    f.plan(2015)
    head = "plan,code,title,clause,quote,due,targets\n"
    result = upload(inside, f"{head}2015,new,新,一,{promise.quote},2015-12-31,{promise.code}\n").context["result"]
    assert [row.number for row in result.error_rows] == [1]
    checked = upload(inside, f"{head}plan-2014,new,新,一,{promise.quote},2014-12-31,{promise.code}\n")
    inside.post(reverse("admin:tasks_task_process_import"), checked.context["confirm_form"].initial)
    assert list(Task.objects.get(code="new").targets.all()) == [promise]


def test_no_imported_file_closes_a_task(inside: Client, promise: Target) -> None:
    task = Task.objects.get()
    head = "plan,code,title,clause,quote,due,closed_on,closed_by\n"
    row = f"{task.plan.code},{task.code},新,一,{task.quote},{task.due},2014-06-30,{inside.session['_auth_user_id']}\n"
    checked = upload(inside, head + row)
    inside.post(reverse("admin:tasks_task_process_import"), checked.context["confirm_form"].initial)
    task.refresh_from_db()
    assert (task.title, task.closed_on, task.closed_by) == ("新", None, None)
