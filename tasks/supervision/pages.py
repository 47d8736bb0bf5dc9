"""What pages show of supervision: a list with its figures, one notice with its way, what waits for a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Q
from django.template import Context
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from targets.models import Target
from tasks import clock
from tasks.models import SupervisionNotice, SupervisionStep, Task
from tasks.models.supervision import SupervisionNoticeQuerySet
from tasks.rules.supervising import (
    OPEN,
    TRANSITIONS,
    WITH_UNIT,
    SupervisionState,
    SupervisionVerb,
    offered_supervision_verbs,
)
from tasks.services.supervision import may_act_for_plan_or_unit
from tasks.wording.grounds import explain_notice_grounds

PAGE = 50


@dataclass(frozen=True, slots=True)
class OfferedSupervisionStep:
    """A step as it is offered: the word on its button, what is asked for, and whether words, files or a limit go with
    it."""

    verb: SupervisionVerb
    label: str | Promise
    question: str | Promise = ""
    needs_text: bool = False
    asks_days: bool = False
    primary: bool = False
    takes_files: bool = True


DEEDS = {
    step.verb: step
    for step in (
        OfferedSupervisionStep(SupervisionVerb.ISSUE, pgettext_lazy("button", "Issue"), primary=True),
        OfferedSupervisionStep(
            SupervisionVerb.REJECT,
            pgettext_lazy("button", "Do not take up"),
            _("Why is it not taken up?"),
            needs_text=True,
        ),
        OfferedSupervisionStep(
            SupervisionVerb.RECEIVE, pgettext_lazy("button", "Receive"), primary=True, takes_files=False
        ),
        OfferedSupervisionStep(
            SupervisionVerb.ANSWER,
            pgettext_lazy("button", "Answer"),
            _("What was done?"),
            needs_text=True,
            primary=True,
        ),
        OfferedSupervisionStep(
            SupervisionVerb.VERIFY,
            pgettext_lazy("button", "Verify"),
            _("What was found?"),
            needs_text=True,
            primary=True,
        ),
        OfferedSupervisionStep(
            SupervisionVerb.RETURN,
            pgettext_lazy("button", "Back for rework"),
            _("Why will the answer not do?"),
            needs_text=True,
            asks_days=True,
        ),
        OfferedSupervisionStep(
            SupervisionVerb.CLOSE, pgettext_lazy("button", "Close the matter"), _("Closing words, if any"), primary=True
        ),
        OfferedSupervisionStep(SupervisionVerb.URGE, pgettext_lazy("button", "Urge"), _("Words to the unit, if any")),
        OfferedSupervisionStep(
            SupervisionVerb.WITHDRAW,
            pgettext_lazy("button", "Withdraw"),
            _("Why is the supervision withdrawn?"),
            needs_text=True,
        ),
    )
}
"""Editing has a page of its own; proposing and escalating are the system's."""


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """A notice in a list; `late` is by how many days its limit has passed, `left` how many are left."""

    notice: SupervisionNotice
    late: int
    left: int | None
    why: str

    @classmethod
    def of(cls, notice: SupervisionNotice, today: date) -> "NoticeRow":
        """The notice as of a day."""
        days = (notice.due - today).days if notice.waits_for_unit and notice.due else None
        return cls(notice, max(0, -days) if days is not None else 0, days, explain_notice_grounds(notice.grounds))


@dataclass(frozen=True, slots=True)
class NoticeFigures:
    """How many notices a person sees, by what is to be done."""

    open: int
    overdue: int
    to_verify: int
    proposed: int


def notice_figures_for(user: User, today: date) -> NoticeFigures:
    """Counts the notices for the numbers above the list, in one query."""
    return NoticeFigures(**SupervisionNotice.objects.visible_to(user).aggregate(**_counted(today)))


def figures_by_plan(user: User, today: date) -> dict[int, NoticeFigures]:
    """Counts the notices of each plan that has any notice, by the plan's id, in one query."""
    notices = SupervisionNotice.objects.visible_to(user).order_by().values_list("plan_id")
    return {plan_id: NoticeFigures(*numbers) for plan_id, *numbers in notices.annotate(**_counted(today))}


def _counted(today: date) -> dict[str, Count]:
    values = [state.value for state in OPEN if state is not SupervisionState.PROPOSED]
    with_unit = Q(state__in=[state.value for state in WITH_UNIT])
    return {
        "open": Count("pk", filter=Q(state__in=values)),
        "overdue": Count("pk", filter=with_unit & Q(due__lt=today)),
        "to_verify": Count(
            "pk", filter=Q(state__in=(SupervisionState.ANSWERED.value, SupervisionState.VERIFIED.value))
        ),
        "proposed": Count("pk", filter=Q(state=SupervisionState.PROPOSED.value)),
    }


def page_of_notices(
    user: User, wanted: Mapping[str, Any], page: str, today: date
) -> tuple[list[NoticeRow], "Page[SupervisionNotice]"]:
    """Finds a page of the notices that the person may see and the filter wants: late notices first, then by their
    limit."""
    found = _wanted(SupervisionNotice.objects.visible_to(user).listed(), wanted, today)
    shown: Page[SupervisionNotice] = Paginator(found.order_by(*_ORDER), PAGE).get_page(page or 1)
    return [NoticeRow.of(notice, today) for notice in shown.object_list], shown


_ORDER = (F("ended_at").asc(nulls_first=True), F("due").asc(nulls_last=True), "-pk")
"""What is open first, by its limit; then what has ended."""


def _wanted(found: SupervisionNoticeQuerySet, wanted: Mapping[str, Any], today: date) -> SupervisionNoticeQuerySet:
    state = wanted.get("state") or ""
    if state in SupervisionNotice.StateChoices.values:
        found = found.filter(state=state)
    elif state != "all":
        found = found.open().exclude(state=SupervisionState.PROPOSED.value)
    if wanted.get("plan"):
        found = found.filter(plan=wanted["plan"])
    if wanted.get("department"):
        found = found.of_department(wanted["department"])
    return found.overdue(today) if wanted.get("overdue") else found


def proposals_for(user: User, today: date) -> list[NoticeRow]:
    """Finds the proposals that wait longest to be issued, edited or rejected; the rest follows once these are
    decided."""
    seats = access.reach(user, Action.ISSUE_SUPERVISION).seats
    if not seats:
        return []
    found = SupervisionNotice.objects.filter(state=SupervisionState.PROPOSED.value, plan__region__in=seats)
    found = found.listed().order_by("pk")
    return [NoticeRow.of(notice, today) for notice in found[:PAGE]]


def open_notices_of(
    user: User, today: date, *, department: Department | None = None, **subject: Target | Task
) -> list[NoticeRow]:
    """Finds the open notices that the person may see: of a department, or about a target or a task (`target=`,
    `task=`)."""
    found = SupervisionNotice.objects.visible_to(user).open().filter(**subject).listed()
    if department is not None:
        found = found.of_department(department).exclude(state=SupervisionState.PROPOSED.value)
    return [NoticeRow.of(notice, today) for notice in found.order_by(*_ORDER)]


def draw_notices_waiting(context: Context) -> str:
    """The notices that the person has to receive or answer, for the desk of figures."""
    rows = notices_waiting_for(context["user"], timezone.localdate(clock.now()))
    return render_to_string("tasks/_supervision_waiting.html", {"rows": rows})


def notices_waiting_for(user: User, today: date) -> list[NoticeRow]:
    """Finds the notices that the person has to receive or answer, for the desk."""
    found = SupervisionNotice.objects.visible_to(user).with_unit().listed().order_by(*_ORDER)
    return [NoticeRow.of(notice, today) for notice in found if supervision_actions_of(user, notice)]


def supervision_actions_of(user: User, notice: SupervisionNotice) -> frozenset[Action]:
    """The actions of supervision that the person may take for the notice."""
    known = {transition.action for transition in TRANSITIONS.values() if transition.action is not None}
    return frozenset(action for action in known if may_act_for_plan_or_unit(user, action, notice.plan, notice.lead))


def supervision_steps_offered_to(user: User, notice: SupervisionNotice) -> list[OfferedSupervisionStep]:
    """What the person can do now; a notice without a leading unit cannot be issued yet."""
    own = notice.answered_by_id == user.pk
    verbs = offered_supervision_verbs(
        SupervisionState(notice.state), supervision_actions_of(user, notice), own_answer=own
    )
    lacking = SupervisionVerb.ISSUE if notice.lead is None else None
    return [DEEDS[verb] for verb in verbs if verb in DEEDS and verb is not lacking]


def steps_of_notice(notice: SupervisionNotice, *, inside: bool) -> Sequence[SupervisionStep]:
    """The way of a notice with its files, oldest first; what was before its issue is for the plan office alone."""
    found = notice.steps.select_related("by").prefetch_related("attachments").order_by("pk")
    return list(found if inside else found.exclude(to_state=SupervisionState.PROPOSED.value))
