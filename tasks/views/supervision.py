"""督办: the list, one notice with its way and what can be done, writing one."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.people.seeing import departments_seen_by
from departments.permissions import Action
from departments.services.accounts import record
from plans.addresses import plan_named
from plans.models import Plan
from reviews.documents import ENDINGS
from reviews.serving import served
from tasks import clock
from tasks.forms.supervision import FilterForm, NewNoticeForm, NoticeForm, StepForm, add_errors
from tasks.models import StepAttachment, SupervisionNotice
from tasks.papers import pdf, word
from tasks.papers.notice import Paper, paper_of
from tasks.papers.pdf import LIBRARIES, MissingError, as_pdf
from tasks.papers.word import as_docx
from tasks.rules.supervising import State, Verb
from tasks.services import supervision as services
from tasks.supervision.pages import Row, deeds_for, figures_of, may, page_of, proposals_for, steps_of
from tasks.wording.grounds import sentence


@require_safe
@access.requires(Action.VIEW_SUPERVISION)
def supervision(request: HttpRequest) -> HttpResponse:
    """Everything that is pressed; `?state=`, `?department=`, `?plan=`, `?overdue=on` choose."""
    user, today = access.person(request), timezone.localdate(clock.now())
    issues = bool(access.reach(user, Action.ISSUE_SUPERVISION))
    plans = Plan.objects.published().visible_to(user).latest_first()
    form = FilterForm(request.GET, proposals=issues, units=departments_seen_by(user), plans=plans)
    form.is_valid()
    rows, page = page_of(user, form.cleaned_data, request.GET.get("page", ""), today)
    context = {
        "rows": rows,
        "page": page,
        "form": form,
        "wanted": any(form.cleaned_data.values()),
        "figures": figures_of(user, today),
        "proposals": proposals_for(user, today),
        "issues": issues,
        "sees_silence": bool(access.reach(user, Action.VIEW_SILENCE)),
    }
    return render(request, "tasks/supervision.html", context)


@require_safe
@access.requires(Action.VIEW_SUPERVISION)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice: what is asked, its way, and what the person can do."""
    found = visible(request, pk)
    return shown(request, found)


@access.requires(Action.ISSUE_SUPERVISION)
def write(request: HttpRequest, plan_code: str) -> HttpResponse:
    """A notice that the coordinator writes; `?about=target:code` for a target or a task of the plan."""
    plan = plan_named(request, plan_code)
    access.demand_acting(access.person(request), Action.ISSUE_SUPERVISION, plan.region_id)
    typed = request.POST if request.method == "POST" else None
    form = NewNoticeForm(plan, typed, initial={"subject": request.GET.get("about", "")})
    if typed is not None and form.is_valid():
        try:
            made = services.propose(form.proposal(), by=access.person(request), now=clock.now())
        except ValidationError as refused:
            add_errors(form, refused)
        else:
            messages.success(request, _("The notice is written. Issue it when it is ready."))
            return redirect("supervision_notice", pk=made.pk)
    return render(request, "tasks/supervision_write.html", {"form": form})


@access.requires(Action.ISSUE_SUPERVISION)
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Another wording, urgency or other units for what has not been issued."""
    found = visible(request, pk)
    if found.state != State.PROPOSED.value:
        raise Http404
    typed = request.POST if request.method == "POST" else None
    form = NoticeForm(found.plan, typed, initial=NoticeForm.typed_of(found))
    if typed is not None and form.is_valid():
        try:
            services.edit(found, form.proposal(), by=access.person(request), now=clock.now())
        except ValidationError as refused:
            add_errors(form, refused)
        else:
            messages.success(request, _("Changed."))
            return redirect("supervision_notice", pk=pk)
    return render(request, "tasks/supervision_write.html", {"form": form, "notice": found})


DONE: dict[Verb, Callable[..., SupervisionNotice]] = {
    Verb.ISSUE: lambda one, text, days, **sent: services.issue(one, **sent),
    Verb.REJECT: lambda one, text, days, **sent: services.reject(one, reason=text, **sent),
    Verb.RECEIVE: lambda one, text, days, files, **sent: services.receive(one, **sent),
    Verb.ANSWER: lambda one, text, days, **sent: services.answer(one, text=text, **sent),
    Verb.VERIFY: lambda one, text, days, **sent: services.verify(one, text=text, **sent),
    Verb.RETURN: lambda one, text, days, **sent: services.send_back(one, reason=text, days=days, **sent),
    Verb.CLOSE: lambda one, text, days, **sent: services.close(one, text=text, **sent),
    Verb.URGE: lambda one, text, days, **sent: services.urge(one, text=text, **sent),
    Verb.WITHDRAW: lambda one, text, days, **sent: services.withdraw(one, reason=text, **sent),
}
"""What a button does."""


@require_POST
@access.requires(Action.VIEW_SUPERVISION)
def take(request: HttpRequest, pk: int, verb: Verb) -> HttpResponse:
    """Takes one step; the service says who may, and the table when."""
    found, form = visible(request, pk), StepForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, verb, [str(text) for texts in form.errors.values() for text in texts])
    typed = form.cleaned_data
    sent = {"by": access.person(request), "now": clock.now(), "files": request.FILES.getlist("file")}
    try:
        moved = DONE[verb](found, typed["text"], typed["days"], **sent)
    except ValidationError as refused:
        return _refused(request, pk, verb, refused.messages)
    messages.success(request, _("Done: %(state)s.") % {"state": moved.get_state_display()})
    return redirect("supervision_notice", pk=pk)


def _refused(request: HttpRequest, pk: int, verb: Verb, problems: list[str]) -> HttpResponse:
    """The page with what was typed; a browser does not keep which files were chosen."""
    again = [_("The step was not taken. Choose the files anew.")] if request.FILES else []
    return shown(request, visible(request, pk), {verb: [*problems, *again]}, status=422)


FILES: dict[str, tuple[Callable[[Paper], bytes], str]] = {
    "docx": (as_docx, word.CONTENT_TYPE),
    "pdf": (as_pdf, pdf.CONTENT_TYPE),
}


@require_POST
@access.requires(Action.VIEW_SUPERVISION)
def document(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The printed notice as a file; a proposal has none. Taking it away is an event, written before the file leaves."""
    found = visible(request, pk)
    if kind not in FILES or found.issued_at is None:
        raise Http404
    make, content_type = FILES[kind]
    try:
        content = make(paper_of(found))
    except MissingError:
        messages.error(request, _no_pdf())
        return redirect("supervision_notice", pk=pk)
    record("supervision.exported", by=access.person(request), subject=found, format=kind, number=found.number)
    headers = {
        "Content-Disposition": content_disposition_header(True, f"{found.number}.{kind}") or "",
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type=content_type, headers=headers)


@require_safe
@access.requires(Action.VIEW_SUPERVISION)
def attachment(request: HttpRequest, pk: int) -> FileResponse:
    """One file beside a step, for whoever sees the notice."""
    found = get_object_or_404(StepAttachment.objects.visible_to(access.person(request)), pk=pk)
    return served(found, show="show" in request.GET)


def _no_pdf() -> str:
    """What to do where the server cannot make PDF files."""
    said = _(
        "This server cannot make PDF files yet: libraries of the system are missing. Take the Word file, or ask the "
        "administrator of the server to run, as root: apt-get install %(packages)s"
    )
    return said % {"packages": LIBRARIES}


def visible(request: HttpRequest, pk: int) -> SupervisionNotice:
    """The notice, if the person may see it; 404 otherwise."""
    mine = SupervisionNotice.objects.visible_to(access.person(request))
    return get_object_or_404(mine.listed().select_related("milestone", "answered_by"), pk=pk)


def shown(
    request: HttpRequest, found: SupervisionNotice, refused: dict[Verb, list[str]] | None = None, status: int = 200
) -> HttpResponse:
    """The page of a notice; what was refused stands at its button, with what was typed."""
    user = access.person(request)
    issues = Action.ISSUE_SUPERVISION in may(user, found)
    context: dict[str, Any] = {
        "notice": found,
        "row": Row.of(found, timezone.localdate(clock.now())),
        "why": sentence(found.grounds),
        "steps": steps_of(found, inside=issues),
        "deeds": [(deed, (refused or {}).get(deed.verb, [])) for deed in deeds_for(user, found)],
        "problems": [text for texts in (refused or {}).values() for text in texts],
        "typed": {name: request.POST.get(name, "") for name in ("text", "days")},
        "accept": ENDINGS,
        "limit": settings.ATTACHMENT_MAX_BYTES // 1024**2,
        "kinds": [("docx", "Word"), ("pdf", "PDF")],
        "edits": issues and found.state == State.PROPOSED.value,
    }
    return render(request, "tasks/supervision_notice.html", context, status=status)
