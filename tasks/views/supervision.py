"""督办: the list, one notice with its way and what can be done, writing one."""

from collections.abc import Callable

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
from reviews.serving import serve_attachment
from tasks import clock
from tasks.forms.supervision import NewNoticeForm, NoticeForm, StepForm, SupervisionFilterForm, add_errors
from tasks.models import StepAttachment, SupervisionNotice
from tasks.papers import pdf, word
from tasks.papers.notice import Paper, paper_of
from tasks.papers.pdf import LIBRARIES, MissingError, as_pdf
from tasks.papers.word import as_docx
from tasks.rules.supervising import SupervisionState, SupervisionVerb
from tasks.services import supervision as services
from tasks.supervision.pages import (
    NoticeRow,
    notice_figures_for,
    page_of_notices,
    proposals_for,
    steps_of_notice,
    supervision_actions_of,
    supervision_steps_offered_to,
)
from tasks.wording.grounds import explain_notice_grounds


@require_safe
@access.requires(Action.VIEW_SUPERVISION)
def supervision(request: HttpRequest) -> HttpResponse:
    """Shows everything that is pressed; `?state=`, `?department=`, `?plan=`, `?overdue=on` choose."""
    user, today = access.person_of_request(request), timezone.localdate(clock.now())
    issues = bool(access.reach(user, Action.ISSUE_SUPERVISION))
    plans = Plan.objects.published().visible_to(user).latest_first()
    form = SupervisionFilterForm(request.GET, proposals=issues, units=departments_seen_by(user), plans=plans)
    form.is_valid()
    rows, page = page_of_notices(user, form.cleaned_data, request.GET.get("page", ""), today)
    context = {
        "rows": rows,
        "page": page,
        "form": form,
        "wanted": any(form.cleaned_data.values()),
        "figures": notice_figures_for(user, today),
        "proposals": proposals_for(user, today),
        "issues": issues,
        "sees_silence": bool(access.reach(user, Action.VIEW_SILENCE)),
    }
    return render(request, "tasks/supervision.html", context)


@require_safe
@access.requires(Action.VIEW_SUPERVISION)
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """One notice: what is asked, its way, and what the person can do."""
    found = find_visible_notice(request, pk)
    return render_notice_page(request, found)


@access.requires(Action.ISSUE_SUPERVISION)
def notice_writing_page(request: HttpRequest, plan_code: str) -> HttpResponse:
    """A notice that the coordinator writes; `?about=target:code` for a target or a task of the plan."""
    plan = plan_named(request, plan_code)
    access.demand_acting(access.person_of_request(request), Action.ISSUE_SUPERVISION, plan.region_id)
    typed = request.POST if request.method == "POST" else None
    form = NewNoticeForm(plan, typed, initial={"subject": request.GET.get("about", "")})
    if typed is not None and form.is_valid():
        try:
            made = services.propose_notice(form.proposal(), by=access.person_of_request(request), now=clock.now())
        except ValidationError as refused:
            add_errors(form, refused)
        else:
            messages.success(request, _("The notice is written. Issue it when it is ready."))
            return redirect("supervision_notice", pk=made.pk)
    return render(request, "tasks/supervision_write.html", {"form": form})


@access.requires(Action.ISSUE_SUPERVISION)
def notice_editing_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Changes wording, urgency or units of a notice that has not been issued."""
    found = find_visible_notice(request, pk)
    if found.state != SupervisionState.PROPOSED.value:
        raise Http404
    typed = request.POST if request.method == "POST" else None
    form = NoticeForm(found.plan, typed, initial=NoticeForm.typed_of(found))
    if typed is not None and form.is_valid():
        try:
            services.edit_notice(found, form.proposal(), by=access.person_of_request(request), now=clock.now())
        except ValidationError as refused:
            add_errors(form, refused)
        else:
            messages.success(request, _("Changed."))
            return redirect("supervision_notice", pk=pk)
    return render(request, "tasks/supervision_write.html", {"form": form, "notice": found})


DONE: dict[SupervisionVerb, Callable[..., SupervisionNotice]] = {
    SupervisionVerb.ISSUE: lambda notice, text, days, **sent: services.issue_notice(notice, **sent),
    SupervisionVerb.REJECT: lambda notice, text, days, **sent: services.reject_notice(notice, reason=text, **sent),
    SupervisionVerb.RECEIVE: lambda notice, text, days, files, **sent: services.receive_notice(notice, **sent),
    SupervisionVerb.ANSWER: lambda notice, text, days, **sent: services.answer_notice(notice, text=text, **sent),
    SupervisionVerb.VERIFY: lambda notice, text, days, **sent: services.verify_notice(notice, text=text, **sent),
    SupervisionVerb.RETURN: lambda notice, text, days, **sent: services.return_notice_for_rework(
        notice, reason=text, days=days, **sent
    ),
    SupervisionVerb.CLOSE: lambda notice, text, days, **sent: services.close_notice(notice, text=text, **sent),
    SupervisionVerb.URGE: lambda notice, text, days, **sent: services.urge_notice(notice, text=text, **sent),
    SupervisionVerb.WITHDRAW: lambda notice, text, days, **sent: services.withdraw_notice(notice, reason=text, **sent),
}
"""What each button does: the step → the service that takes it."""


@require_POST
@access.requires(Action.VIEW_SUPERVISION)
def post_supervision_step(request: HttpRequest, pk: int, verb: SupervisionVerb) -> HttpResponse:
    """Takes one step; the service says who may, and the table when."""
    found, form = find_visible_notice(request, pk), StepForm(request.POST)
    if not form.is_valid():
        return _refused(request, pk, verb, [str(text) for texts in form.errors.values() for text in texts])
    typed = form.cleaned_data
    sent = {"by": access.person_of_request(request), "now": clock.now(), "files": request.FILES.getlist("file")}
    try:
        moved = DONE[verb](found, typed["text"], typed["days"], **sent)
    except ValidationError as refused:
        return _refused(request, pk, verb, refused.messages)
    messages.success(request, _("Done: %(state)s.") % {"state": moved.get_state_display()})
    return redirect("supervision_notice", pk=pk)


def _refused(request: HttpRequest, pk: int, verb: SupervisionVerb, problems: list[str]) -> HttpResponse:
    """The page with what was typed; a browser does not keep which files were chosen."""
    again = [_("The step was not taken. Choose the files anew.")] if request.FILES else []
    return render_notice_page(request, find_visible_notice(request, pk), {verb: [*problems, *again]}, status=422)


FILES: dict[str, tuple[Callable[[Paper], bytes], str]] = {
    "docx": (as_docx, word.CONTENT_TYPE),
    "pdf": (as_pdf, pdf.CONTENT_TYPE),
}


@require_POST
@access.requires(Action.VIEW_SUPERVISION)
def download_notice_document(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """The printed notice as a file; a proposal has none. Taking it away is an event, written before the file leaves."""
    found = find_visible_notice(request, pk)
    if kind not in FILES or found.issued_at is None:
        raise Http404
    make, content_type = FILES[kind]
    try:
        content = make(paper_of(found))
    except MissingError:
        messages.error(request, _no_pdf())
        return redirect("supervision_notice", pk=pk)
    record(
        "supervision.exported", by=access.person_of_request(request), subject=found, format=kind, number=found.number
    )
    headers = {
        "Content-Disposition": content_disposition_header(True, f"{found.number}.{kind}") or "",
        "Cache-Control": "no-store",
    }
    return HttpResponse(content, content_type=content_type, headers=headers)


@require_safe
@access.requires(Action.VIEW_SUPERVISION)
def download_step_attachment(request: HttpRequest, pk: int) -> FileResponse:
    """One file beside a step, for whoever sees the notice."""
    found = get_object_or_404(StepAttachment.objects.visible_to(access.person_of_request(request)), pk=pk)
    return serve_attachment(found, show="show" in request.GET)


def _no_pdf() -> str:
    """Says what to do where the server cannot make PDF files."""
    said = _(
        "This server cannot make PDF files yet: libraries of the system are missing. Take the Word file, or ask the "
        "administrator of the server to run, as root: apt-get install %(packages)s"
    )
    return said % {"packages": LIBRARIES}


def find_visible_notice(request: HttpRequest, pk: int) -> SupervisionNotice:
    """The notice, if the person may see it; 404 otherwise."""
    mine = SupervisionNotice.objects.visible_to(access.person_of_request(request))
    return get_object_or_404(mine.listed().select_related("milestone", "answered_by"), pk=pk)


def render_notice_page(
    request: HttpRequest,
    found: SupervisionNotice,
    refused: dict[SupervisionVerb, list[str]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a notice; what was refused stands at its button, with what was typed."""
    user = access.person_of_request(request)
    issues = Action.ISSUE_SUPERVISION in supervision_actions_of(user, found)
    context: dict[str, object] = {
        "notice": found,
        "row": NoticeRow.of(found, timezone.localdate(clock.now())),
        "why": explain_notice_grounds(found.grounds),
        "steps": steps_of_notice(found, inside=issues),
        "deeds": [(deed, (refused or {}).get(deed.verb, [])) for deed in supervision_steps_offered_to(user, found)],
        "problems": [text for texts in (refused or {}).values() for text in texts],
        "typed": {name: request.POST.get(name, "") for name in ("text", "days")},
        "accept": ENDINGS,
        "limit": settings.ATTACHMENT_MAX_BYTES // 1024**2,
        "kinds": [("docx", "Word"), ("pdf", "PDF")],
        "edits": issues and found.state == SupervisionState.PROPOSED.value,
    }
    return render(request, "tasks/supervision_notice.html", context, status=status)
