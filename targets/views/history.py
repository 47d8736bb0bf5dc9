"""The history of one figure: who, when, what, why, from which file; and its withdrawal."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.models import User
from departments.permissions import Action
from plans.addresses import month_named
from targets.entering.review_queue import FigureTexts, figure_texts_of
from targets.expected.closed_months import closed_in
from targets.models import Observation, Revision
from targets.services.reviewing import withdraw_revision
from targets.views.review import message_name_of, read_reason, revision_of


@require_safe
@access.requires(Action.VIEW_OBSERVATIONS)
def figure_history_page(request: HttpRequest, indicator: str, region: str, month: str) -> HttpResponse:
    """Every entry of a figure, newest first; not found for whoever may not see it."""
    user = access.person_of_request(request)
    found = _visible(user, indicator, region, month)
    withdrawable = found.official_id is not None and _covers(user, Action.WITHDRAW_OBSERVATIONS, found)
    closed_for = closed_in({found.month}).plan_of((found.indicator_id, found.region_id, found.month))
    context = {
        "observation": found,
        "official": figure_texts_of(found.indicator, found),
        "revisions": [(revision, _shown(found, revision)) for revision in _revisions(found)],
        "closed_for": closed_for,
        "may_withdraw": withdrawable and closed_for is None,
        "worksheet": "" if closed_for is not None else worksheet_address(user, found),
    }
    return render(request, "targets/history.html", context)


@require_POST
@access.requires(Action.WITHDRAW_OBSERVATIONS)
def withdraw_official_figure(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraws the official figure that was on the page, with a reason."""
    revision = revision_of(request, pk)
    row = revision.observation
    try:
        withdraw_revision(revision, by=access.person_of_request(request), reason=read_reason(request))
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        said = _("Withdrawn: %(name)s. There is no official figure now; the lights follow in a moment.")
        messages.success(request, said % {"name": message_name_of(revision)})
    return redirect("figure", row.indicator.code, row.region.code, str(row.month))


def _visible(user: User, indicator: str, region: str, month: str) -> Observation:
    when = month_named(month)
    rows = Observation.objects.visible_to(user).select_related("indicator__department", "region", "official")
    return get_object_or_404(rows, indicator__code=indicator, region__code=region, month=when)


def _revisions(row: Observation) -> "QuerySet[Revision]":
    related = row.revisions.select_related("approved_by", "source__by").with_authors().with_decisions()
    return related.prefetch_related("attachments").order_by("-pk")


def _shown(row: Observation, revision: Revision) -> FigureTexts:
    return figure_texts_of(row.indicator, revision)


def _covers(user: User, action: Action, row: Observation) -> bool:
    unit = row.indicator.department
    department_id, seat_id = (unit.pk, unit.region_id) if unit is not None else (None, None)
    reached = access.reach(user, action)
    return reached.covers(department_id=department_id, region_id=row.region_id, seat_id=seat_id)


def worksheet_address(user: User, row: Observation) -> str:
    """Where the person corrects the figure: the reporting department's worksheet or the county's; empty for nobody."""
    if not _covers(user, Action.ENTER_OBSERVATIONS, row):
        return ""
    reached = access.reach(user, Action.ENTER_OBSERVATIONS)
    unit = row.indicator.department
    if unit is None or not (reached.sees(unit.region_id) or unit.pk in reached.departments):
        unit = next(
            (membership.department for membership in user.held if membership.department.region_id == row.region_id),
            None,
        )
    return "" if unit is None else reverse("worksheet", args=[unit.code, str(row.month)])
