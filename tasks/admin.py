"""Tasks and milestones in the administration."""

from collections.abc import Collection
from typing import Any

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget, ManyToManyWidget

from departments.administration import (
    Announcing,
    Importing,
    Inline,
    OwnRelated,
    Resource,
    register_change_guard,
    register_change_listener,
)
from plans.admin import OfPlan, PlanAdmin
from plans.models import Clause, Plan
from targets.admin import InPlan
from targets.models import Target
from tasks.models import Assignment, Milestone, SupervisionRules, Task, TaskLeader
from tasks.services.milestones import demand_lights_alike, milestones_changed


def tell_targets(objects: Collection[Model]) -> None:
    """Tells targets of the milestones that changed, and of the milestones of the tasks that changed, for milestones go
    with their task."""
    tasks = [task for task in objects if isinstance(task, Task)]
    steps = [milestone for milestone in objects if isinstance(milestone, Milestone)]
    milestones_changed([*steps, *Milestone.objects.filter(task__in=tasks).select_related("target")])


register_change_guard(demand_lights_alike)
register_change_listener(tell_targets)


class TargetsOfPlan(ManyToManyWidget):
    """Codes of targets of the row's plan, separated by commas; one that does not exist is refused."""

    def clean(self, value: Any, row: dict[str, object] | None = None, **kwargs: Any) -> list[Target]:
        codes = [code.strip() for code in str(value or "").split(",") if code.strip()]
        plan_code = (row or {}).get("plan")
        return [Target.objects.get(plan__code=plan_code, code=code) for code in codes]


class TaskResource(Resource):
    """Tasks by their plan's code and their own; the clause by its number, targets by code. No file closes one."""

    plan = Field("plan", "plan", ForeignKeyWidget(Plan, "code"))
    clause = Field("clause", "clause", InPlan(Clause, "path"))
    targets = Field("targets", "targets", TargetsOfPlan(Target, field="code", separator=","))

    class Meta:
        model = Task
        exclude = ("id", "closed_on", "closed_by")
        import_id_fields = ("plan", "code")


class AssignmentInline(Inline, admin.TabularInline):
    """Who answers for the task."""

    model = Assignment
    extra = 0
    autocomplete_fields = ["department"]


class TaskLeaderInline(Inline, admin.TabularInline):
    """The persons whom the plan names as leading the task."""

    model = TaskLeader
    extra = 0


class MilestoneInline(Inline, admin.StackedInline):
    """The deliverables that the plan's text names."""

    model = Milestone
    extra = 0
    autocomplete_fields = ["target", "counted_by", "department"]


@admin.register(Task)
class TaskAdmin(OfPlan, Importing):
    """Promised work."""

    resource_classes = [TaskResource]
    inlines = [AssignmentInline, TaskLeaderInline, MilestoneInline]
    list_display = ["code", "title", "plan", "clause", "due", "open_ended"]
    list_filter = [("plan", OwnRelated)]
    list_select_related = ["plan", "clause"]
    search_fields = ["code", "title", "quote"]
    autocomplete_fields = ["plan", "clause", "targets"]


@admin.register(SupervisionRules)
class SupervisionRulesAdmin(OfPlan, Announcing):
    """How a plan's notices are numbered, signed and limited, and when something is proposed or escalated."""

    list_display = ["plan", "number", "urgent_days", "ordinary_days", "difficult_days", "leader_after"]
    list_select_related = ["plan"]
    autocomplete_fields = ["plan"]


admin.site.unregister(Plan)


@admin.register(Plan)
class EditedPlanAdmin(PlanAdmin):
    """A plan that is added here is a draft, and leads on to the page where its clauses and promises are entered."""

    readonly_fields = ["editor"]

    @admin.display(description=gettext_lazy("clauses, targets and tasks"))
    def editor(self, plan: Plan) -> str:
        """The way to the editor of a draft."""
        if plan.pk is None:
            return _("Entered on a page of their own once the plan is saved.")
        if not plan.is_draft:
            return _("The plan is in force. Only drafts are edited there.")
        return format_html('<a href="{}">{}</a>', reverse("draft_edit", args=[plan.code]), _("Edit the draft"))

    def response_add(self, request: HttpRequest, obj: Plan, post_url_continue: str | None = None) -> HttpResponse:
        """Leads to the page that edits the draft, unless another button than plain saving was pressed."""
        answer = super().response_add(request, obj, post_url_continue)
        saved_only = "_save" in request.POST and "_popup" not in request.POST
        return redirect("draft_edit", obj.code) if saved_only else answer
