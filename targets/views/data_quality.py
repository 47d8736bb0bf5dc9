"""数据质量: what was tested and found in a plan's figures, asking a unit about it, and the unit's answer."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.permissions import Action
from plans.addresses import month_named, plan_named
from plans.models import Plan
from targets.expected.deadlines import last_month_with_data
from targets.models import DataQuestion
from targets.models.question import LONGEST_ANSWER, LONGEST_NOTE
from targets.questioning.page import DataQuality, signal_told_of
from targets.reading.selectors import month_asked_for, month_switch_of
from targets.services.questioning import answer_data_question, ask_about_data


@require_safe
@access.requires(Action.VIEW_DATA_QUALITY)
def data_quality(request: HttpRequest, plan_code: str) -> HttpResponse:
    """What was tested and found as of `?month=`, else of the last month with figures."""
    plan = _plan(request, plan_code, Action.VIEW_DATA_QUALITY)
    month, _understood = month_asked_for(request.GET.get("month"), plan, last_month_with_data(plan))
    context = {
        "plan": plan,
        "months": month_switch_of(plan, month, None),
        "quality": DataQuality(plan, month),
        "asks": access.reach(access.person_of_request(request), Action.ASK_ABOUT_DATA).acts_for(plan.region_id),
        "longest_note": LONGEST_NOTE,
    }
    return render(request, "targets/data_quality.html", context)


@require_POST
@access.requires(Action.ASK_ABOUT_DATA)
def ask_unit(request: HttpRequest, plan_code: str, month: str) -> HttpResponse:
    """Asks the unit about what is found now."""
    plan = _plan(request, plan_code, Action.ASK_ABOUT_DATA)
    when = month_named(month, plan)
    found = DataQuality(plan, when).named(request.POST.get("kind", ""), request.POST.get("subject", ""))
    if found is None:
        messages.error(request, _("The figures have changed: this is not found any more."))
    else:
        try:
            asked = ask_about_data(found, by=access.person_of_request(request), note=request.POST.get("note", ""))
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
        else:
            messages.success(request, _("%(unit)s is asked, and told so.") % {"unit": asked.unit})
    return redirect(reverse("data_quality", args=[plan_code]) + f"?month={when}")


@require_safe
@access.requires(Action.VIEW_DATA_QUALITY, Action.ANSWER_DATA_QUESTIONS)
def data_question_page(request: HttpRequest, pk: int) -> HttpResponse:
    """A question and its answer, for the plan office and the unit that is asked."""
    return _shown(request, _visible(request, pk))


@require_POST
@access.requires(Action.ANSWER_DATA_QUESTIONS)
def answer_question(request: HttpRequest, pk: int) -> HttpResponse:
    """The unit that was asked answers."""
    asked = _visible(request, pk)
    typed = request.POST.get("answer", "")
    try:
        answer_data_question(asked, by=access.person_of_request(request), answer=typed)
    except ValidationError as refused:
        return _shown(request, _visible(request, pk), refused=" ".join(refused.messages), typed=typed, status=422)
    messages.success(request, _("Answered. %(person)s is told.") % {"person": asked.asked_by})
    return redirect("data_question", pk)


def _shown(request: HttpRequest, asked: DataQuestion, *, status: int = 200, **further: str) -> HttpResponse:
    user = access.person_of_request(request)
    context = {
        "question": asked,
        "told": signal_told_of(asked),
        "answers": asked.is_open and DataQuestion.objects.asked_of(user).filter(pk=asked.pk).exists(),
        "oversees_data": access.reach(user, Action.VIEW_DATA_QUALITY).acts_for(asked.plan.region_id),
        "longest_answer": LONGEST_ANSWER,
        **further,
    }
    return render(request, "targets/data_question.html", context, status=status)


def _visible(request: HttpRequest, pk: int) -> DataQuestion:
    return get_object_or_404(DataQuestion.objects.visible_to(access.person_of_request(request)).named(), pk=pk)


def _plan(request: HttpRequest, plan_code: str, action: Action) -> Plan:
    """The plan, for whoever takes the action for exactly its region."""
    plan = plan_named(request, plan_code)
    access.demand_acting(access.person_of_request(request), action, plan.region_id)
    return plan
