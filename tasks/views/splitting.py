"""Splitting a task: its milestones in one form, with a reason and the history."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from departments import access
from departments.permissions import Action
from departments.rules.typed import number_of
from tasks.forms.lists import SplitMilestoneForm
from tasks.models import Milestone, Task
from tasks.reading.selectors import countable_targets, history_of
from tasks.services.rights import demand_lead
from tasks.services.splitting import Planned, split_into_milestones, version_of
from tasks.views.tasks import find_visible_task

REFUSED = 422
FURTHER = 3
"""Empty lines for new milestones; saving gives more."""

Lines = formset_factory(SplitMilestoneForm, extra=0, max_num=100, absolute_max=100)


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.SPLIT_TASKS)
def split_task(request: HttpRequest, plan_code: str, code: str) -> HttpResponse:
    """The milestones of a task, for whoever leads it."""
    task = find_visible_task(request, plan_code, code)
    demand_lead(access.person_of_request(request), Action.SPLIT_TASKS, task)
    stored = list(task.milestones.all())
    if request.method != "POST":
        return _shown(request, task, stored, _lines(task, stored))
    lines = _lines(task, stored, request.POST)
    reason = request.POST.get("reason", "")
    if lines.is_valid():
        try:
            seen = number_of(request.POST.get("version", ""))
            planned = _planned(lines)
            version = -1 if seen is None else seen
            split_into_milestones(task, planned, by=access.person_of_request(request), reason=reason, version=version)
        except ValidationError as refused:
            for message in refused.messages:
                messages.error(request, message)
        else:
            messages.success(request, _("The milestones are changed as you wrote them."))
            return redirect("task", plan_code, code)
    return _shown(request, task, stored, lines, reason=reason, status=REFUSED)


def _lines(task: Task, stored: list[Milestone], data: QueryDict | None = None) -> "BaseFormSet[SplitMilestoneForm]":
    initial: list[dict[str, object]] = [_values(step) for step in stored]
    initial += [{} for _number in range(FURTHER)]
    shared = {"task": task, "stored": {step.pk: step for step in stored}}
    return Lines(data, form_kwargs=shared) if data is not None else Lines(initial=initial, form_kwargs=shared)


def _values(step: Milestone) -> dict[str, object]:
    return {
        "pk": step.pk,
        "title": step.title,
        "due": step.due,
        "department": step.department_id,
        "weight": step.weight,
        "evidence": step.evidence,
        "counted_by": step.counted_by_id,
    }


def _planned(lines: "BaseFormSet[SplitMilestoneForm]") -> list[Planned]:
    """The milestones that are planned: lines that say something and are not to go."""
    rows = [form.cleaned_data for form in lines]
    return [_row(row) for row in rows if row.get("title") and not row.get("gone")]


def _row(values: dict[str, Any]) -> Planned:
    return Planned(
        values["title"],
        values["due"],
        values.get("pk"),
        values["department"].pk if values.get("department") else None,
        values.get("weight"),
        values.get("evidence", ""),
        values["counted_by"].pk if values.get("counted_by") else None,
    )


def _shown(
    request: HttpRequest,
    task: Task,
    stored: list[Milestone],
    lines: "BaseFormSet[SplitMilestoneForm]",
    *,
    reason: str = "",
    status: int = 200,
) -> HttpResponse:
    version = request.POST.get("version") or version_of(task)
    context = {
        "task": task,
        "plan": task.plan,
        "lines": lines,
        "version": version,
        "reason": reason,
        "history": history_of(task),
        "targets": countable_targets(task),
    }
    return render(request, "tasks/split.html", context, status=status)
