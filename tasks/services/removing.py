"""Taking a plan away, with all that was promised, reported, said and decided about it.

Figures stay: they stand above plans, and others may ask for them. What histories and the audit log keep stays too.
"""

from collections import Counter

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from departments.auditing import chain
from departments.database.append_only import rewriting
from departments.models import User
from departments.services.accounts import record
from plans.models import Clause, Plan
from reviews import files
from targets.models import Attainment, Target, TargetVersion
from targets.services.ruling import demand_unclosed_months
from tasks.models import (
    Comment,
    Milestone,
    MilestoneReport,
    ProgressReport,
    ReportAttachment,
    ReportAuthor,
    ReportDecision,
    SignOff,
    StepAttachment,
    SupervisionNotice,
    SupervisionStep,
    Task,
)

HANGING: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (StepAttachment, ("step__notice__plan",)),
    (SupervisionStep, ("notice__plan",)),
    (Comment, ("target__plan", "task__plan", "notice__plan")),
    (SupervisionNotice, ("plan",)),
    (ReportAttachment, ("task__plan",)),
    (ReportDecision, ("report__task__plan",)),
    (ReportAuthor, ("report__task__plan",)),
    (MilestoneReport, ("report__task__plan",)),
    (ProgressReport, ("task__plan",)),
    (SignOff, ("task__plan",)),
    (Milestone, ("task__plan",)),
    (Task, ("plan",)),
    (Attainment, ("target__plan",)),
    (TargetVersion, ("target__plan",)),
    (Target, ("plan",)),
    (Clause, ("plan",)),
)
"""What would keep a plan, and the ways from there to it; each row stands before those that it would be kept by. What
hangs on these by a cascade goes with them."""
ATTACHED = (StepAttachment, ReportAttachment)


@transaction.atomic
def remove_plan(plan: Plan, *, by: User | None) -> Counter[str]:
    """Deletes the plan, in force or not, and all that hangs on it; how many rows of each kind, by the model's label.

    No page offers this: a plan in force is a public document, and what people reported about it goes with it.
    ValidationError for a plan that is not made up once somebody was supervised under it, for that record is never
    deleted; and while one of its months is closed.
    """
    if not plan.demonstration and SupervisionNotice.objects.filter(plan=plan).exists():
        said = _("Units were supervised under %(plan)s. That record stays, and the plan with it.")
        raise ValidationError(said % {"plan": plan})
    if not plan.demonstration:
        demand_unclosed_months(plan, plan.months)
    record("plan.removed", by=by, subject=plan, plan=plan.code, title=plan.title)
    paths = [path for model, ways in HANGING if model in ATTACHED for path in _files(_of(plan, model, ways))]
    removed: Counter[str] = Counter()
    chain.note_purged_rows(ReportDecision, ReportDecision.objects.filter(report__task__plan=plan))
    with rewriting():
        for model, ways in HANGING:
            removed.update(_of(plan, model, ways).delete()[1])
        removed.update(plan.delete()[1])
    files.delete_files_after_commit(paths)
    return removed


def _of(plan: Plan, model: type[models.Model], ways: tuple[str, ...]) -> "models.QuerySet[models.Model]":
    """The rows that hang on the plan."""
    hanging = Q()
    for way in ways:
        hanging |= Q((way, plan))
    # Not by the manager: its rows may refuse to go one by one.
    return models.QuerySet(model).filter(hanging)


def _files(attachments: "models.QuerySet[models.Model]") -> list[str]:
    return list(attachments.values_list("file", flat=True))
