"""The worksheet (月报): typing a month's figures, seeing what they would change, handing them in."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from departments import access
from departments.models import Department, Region, User
from departments.people.seeing import departments_seen_by
from departments.permissions import Action
from plans.addresses import month_named
from plans.page_cache import cached_pages
from reviews.documents import RefusedFileError, safe_name
from reviews.messages import refused_file
from reviews.serving import describe_attachment_for_script
from targets.entering import forms
from targets.entering.entry_grid import WrittenRow
from targets.entering.kept_worksheet import KeptWorksheet, write_rows
from targets.entering.worksheet import AskedSheet, UnitWorksheet, may_enter_for_unit, worksheet_of
from targets.entry_rules.figures import Key, Problem
from targets.expected.duties import expected_over
from targets.judging.recompute import attainments_if
from targets.messages import problem_sentence
from targets.models import Attainment, Draft, Target
from targets.reading.selectors import would_be_seen
from targets.services.attachments import attach
from targets.services.drafting import FIELDS, ConflictError, EntriesRefusedError, hand_in, save_draft
from targets.views import words
from targets.wording.explanation import AttainmentTexts, attainment_texts_of, explain_attainment
from targets.wording.lights import Light, light_of_attainment

CONFLICT, REFUSED, LOCKED, NO_ROOM = 409, 422, 423, 507


@dataclass(frozen=True, slots=True)
class PreviewedLight:
    """A target's light as it is and as it would become."""

    target: Target
    region: Region
    now: Light | None
    now_shown: AttainmentTexts | None
    then: Light
    then_shown: AttainmentTexts
    explanation: str


@access.requires(Action.ENTER_OBSERVATIONS)
@require_http_methods(["GET", "HEAD", "POST"])
def worksheet(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """What a unit enters for a month: GET shows it; POST keeps every field, and hands in what has been typed."""
    if request.method == "POST":
        return _handed_in(request, code, month)
    return _shown(request, _asked(request, code, month))


def _shown(request: HttpRequest, asked: AskedSheet) -> HttpResponse:
    """The page as it was made last, while nothing has changed; else the page with the changed rows made anew."""
    kept = KeptWorksheet(request, asked, access.person_of_request(request))
    return cached_pages.answer_page_kept_beside(
        request,
        lambda: _page(request, asked, kept.frame, kept.rows()),
        plan_code=kept.plan_code,
        beside=kept.beside,
    )


@access.requires(Action.ENTER_OBSERVATIONS)
@require_POST
def save_worksheet_row(request: HttpRequest, code: str, month: str) -> JsonResponse:
    """Keeps one row as it was typed, and says how it was understood."""
    asked = _asked(request, code, month)
    try:
        version, typed = forms.version_in(request.POST), forms.typed_in(request.POST)
        key = _key_in(request, asked)
    except forms.TooLongError as error:
        return JsonResponse({"message": str(error)}, status=REFUSED)
    except (ValueError, KeyError):
        return JsonResponse({"message": _("This could not be understood. Reload the page.")}, status=REFUSED)
    if version == 0 and forms.is_blank_figure(typed):
        return JsonResponse({"version": 0, "understood": {}, "problems": [], "oddities": []})
    try:
        draft = save_draft(key, typed, version=version, by=access.person_of_request(request))
    except ConflictError as conflict:
        return JsonResponse(_theirs(conflict.current), status=CONFLICT)
    except ValidationError as error:
        return JsonResponse({"message": " ".join(error.messages)}, status=LOCKED)
    return JsonResponse(_answer(draft))


@access.requires(Action.ENTER_OBSERVATIONS)
@require_POST
def attach_to(request: HttpRequest, code: str, month: str) -> JsonResponse:
    """Attaches one file to a row; the answer describes the attachment, or says why it is refused."""
    asked = _asked(request, code, month)
    file = request.FILES.get("file")
    try:
        if file is None:
            raise RefusedFileError("empty")
        made = attach(_key_in(request, asked), file, by=access.person_of_request(request))
    except (KeyError, ValueError):
        return JsonResponse({"message": _("This could not be understood. Reload the page.")}, status=REFUSED)
    except RefusedFileError as refused:
        name = safe_name(str(file.name)) if file is not None else ""
        status = NO_ROOM if refused.code == "no_room" else REFUSED
        return JsonResponse({"message": refused_file(name, refused)}, status=status)
    except ValidationError as error:
        return JsonResponse({"message": " ".join(error.messages)}, status=LOCKED)
    return JsonResponse(describe_attachment_for_script(made, reverse("attachment", args=[made.pk])))


@access.requires(Action.ENTER_OBSERVATIONS)
@require_POST
def preview_worksheet_lights(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """What the lights would become; keeps what the form holds first, so that nothing typed is lost on the way."""
    asked = _asked(request, code, month)
    sheet = _sheet(request, asked)
    if (stopped := _not_kept(request, asked, sheet)) is not None:
        return stopped
    examined = forms.show_problems(sheet)
    seen = {row.indicator.pk: bool(row.problems) for row in sheet.rows if row.seen and row.has_figure}
    good = [entry for entry in examined.entries if seen.get(entry.indicator_id) is False]
    changes = _changes(good, access.person_of_request(request))
    context: dict[str, Any] = {
        "changes": changes,
        "figures": len(good),
        "problems": len(examined.problems),
        "preview": True,
        "several": len({change.target.plan_id for change in changes}) > 1,
    }
    if request.headers.get("X-Fragment"):
        return render(request, "targets/_preview.html", context | {"sheet": sheet})
    return _page(request, asked, sheet, **context)


def _asked(request: HttpRequest, code: str, text: str) -> AskedSheet:
    """The sheet that the address names; 404 if there is none, PermissionDenied if it belongs to others."""
    units = departments_seen_by(access.person_of_request(request)).select_related("region__parent__parent")
    department = get_object_or_404(units, code=code)
    asked = AskedSheet.of(department, month_named(text))
    if asked is None:
        raise Http404
    if not may_enter_for_unit(access.reach(access.person_of_request(request), Action.ENTER_OBSERVATIONS), department):
        raise access.refusal()
    return asked


def _key_in(request: HttpRequest, asked: AskedSheet) -> Key:
    """The key of the row that the request means; ValueError or KeyError if the row cannot be understood, 404 if it is
    not on the sheet."""
    indicator_id, region_id = int(request.POST["indicator"]), int(request.POST["region"])
    place = asked.department.region_id
    due = expected_over(asked.plans, {asked.month}, {place}).due_of(asked.department.pk, asked.month)
    if indicator_id not in due or region_id != place:
        raise Http404
    return indicator_id, region_id, asked.month


def _sheet(request: HttpRequest, asked: AskedSheet) -> UnitWorksheet:
    return worksheet_of(asked.department, asked.plans, asked.month, access.person_of_request(request))


@transaction.atomic
def _handed_in(request: HttpRequest, code: str, month: str) -> HttpResponse:
    """Keeps and hands in, one request of a unit after the other: the second click finds what the first has done."""
    asked = _asked(request, code, month)
    Department.objects.select_for_update(no_key=True).get(pk=asked.department.pk)
    sheet = _sheet(request, asked)
    if (stopped := _not_kept(request, asked, sheet)) is not None:
        return stopped
    if request.POST.get("do") != "hand_in":
        messages.success(request, _("Saved. Nothing has been handed in yet."))
        return redirect(request.path)
    ready = [row for row in sheet.rows if row.seen and row.has_figure]
    reason = request.POST.get("reason", "").strip()[:400]
    if not reason and any(row.official is not None for row in ready):
        return _refused(
            request, asked, sheet, {}, _("An approved figure is being changed. Give the reason for the change.")
        )
    try:
        made = hand_in([row.key for row in ready], by=access.person_of_request(request), reason=reason)
    except EntriesRefusedError as refused:
        return _refused(request, asked, sheet, {key[0]: list(found) for key, found in refused.problems.items()})
    return _thanks(request, len(made))


def _not_kept(request: HttpRequest, asked: AskedSheet, sheet: UnitWorksheet) -> HttpResponse | None:
    """The page that says why not everything could be kept; None if everything was kept."""
    if sheet.locked:
        forms.show_problems(sheet)
        return _page(request, asked, sheet, status=LOCKED)
    try:
        taken = forms.keep_row_files(sheet.rows, request.POST, request.FILES, by=access.person_of_request(request))
        kept = forms.keep_typed_rows(sheet.rows, request.POST, by=access.person_of_request(request))
    except (ValueError, ValidationError) as error:
        return _refused(request, asked, sheet, {}, " ".join(getattr(error, "messages", [str(error)])))
    if not taken:
        return _refused(request, asked, sheet, {}, _("A file could not be attached. What you typed has been saved."))
    if kept:
        return None
    messages.error(request, _("A colleague has saved something else meanwhile. Compare the rows marked below."))
    return _page(request, asked, sheet, status=CONFLICT)


def _refused(
    request: HttpRequest, asked: AskedSheet, sheet: UnitWorksheet, problems: dict[int, list[Problem]], told: str = ""
) -> HttpResponse:
    """The page again, with each problem beside its row and all that was typed."""
    forms.show_problems(sheet)
    for row in sheet.rows:
        row.problems = [
            problem for problem in problems.get(row.indicator.pk, row.problems) if problem not in row.oddities
        ]
    number = sum(bool(row.problems or row.wants_note or row.refused_files) for row in sheet.rows)
    messages.error(
        request,
        told
        or ngettext(
            "Nothing was handed in: %(number)d row needs attention.",
            "Nothing was handed in: %(number)d rows need attention.",
            number,
        )
        % {"number": number},
    )
    return _page(request, asked, sheet, status=REFUSED)


def _thanks(request: HttpRequest, number: int) -> HttpResponse:
    if number:
        told = ngettext(
            "%(number)d figure was handed in for review.", "%(number)d figures were handed in for review.", number
        )
        messages.success(request, told % {"number": number})
    else:
        messages.info(request, _("There is nothing new to hand in."))
    return redirect(request.path)


def _page(
    request: HttpRequest,
    asked: AskedSheet,
    sheet: UnitWorksheet,
    rows: Collection[WrittenRow] | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The whole page, with the rows of the sheet if none are given."""
    rows = write_rows(sheet).values() if rows is None else rows
    states = [row.state for row in rows]
    context = {
        "sheet": sheet,
        "rows": rows,
        "months": asked,
        "counts": {state: states.count(state) for state in ("open", "drafted", "submitted", "returned", "approved")},
        "corrects": any(row.corrects for row in rows),
        "texts": words.typing_words() | words.file_words(),
        "store": f"worksheet:{access.person_of_request(request).pk}:{sheet.department.code}:{sheet.month}",
    }
    return render(request, "targets/worksheet.html", context | more, status=status)


def _answer(draft: Draft) -> dict[str, Any]:
    """What the page is told about a row that was kept."""
    found = forms.examine_row_drafts([] if draft.is_blank else [draft])
    odd = found.oddities.get(draft.indicator_id, [])
    return {
        "version": draft.version,
        "understood": forms.understood_texts(draft),
        "problems": _told(found.problems.get(draft.indicator_id, [])),
        "oddities": _told(odd),
        "note_wanted": forms.wants_note(odd, draft.note),
    }


def _told(problems: list[Problem]) -> list[dict[str, str]]:
    return [{"column": problem.column, "text": problem_sentence(problem)} for problem in problems]


def _theirs(current: Draft | None) -> dict[str, Any]:
    if current is None:
        return {"version": 0, "theirs": None, "by": ""}
    texts = {name: getattr(current, name) for name in FIELDS}
    return {"version": current.version, "theirs": texts, "by": str(current.by)}


def _changes(entries: list[Any], user: User) -> list[PreviewedLight]:
    """For each target that the entries touch and the person sees: its light now, and the light that it would get."""
    would = would_be_seen(user, attainments_if(entries)) if entries else []
    targets = {attainment.target_id: attainment.target for attainment in would}
    regions = Region.objects.in_bulk({attainment.region_id for attainment in would})
    stored = Attainment.objects.filter(
        target__in=targets, region__in=regions, month__in={attainment.month for attainment in would}
    )
    now = {(attainment.target_id, attainment.region_id): attainment for attainment in stored}
    return [
        _change(
            targets[attainment.target_id],
            regions[attainment.region_id],
            attainment,
            now.get((attainment.target_id, attainment.region_id)),
        )
        for attainment in sorted(
            would, key=lambda attainment: _order(targets[attainment.target_id], regions[attainment.region_id])
        )
    ]


def _order(target: Target, region: Region) -> tuple[Any, ...]:
    """The place of a target on the sheet: by plan, then as the plan orders its targets."""
    return -target.plan.first_month.key, target.plan.code, target.order, region.code


def _change(target: Target, region: Region, then: Attainment, now: Attainment | None) -> PreviewedLight:
    for attainment in (then, now):
        if attainment is not None:
            attainment.target = target
    light_now, shown_now = (light_of_attainment(now), attainment_texts_of(now)) if now is not None else (None, None)
    return PreviewedLight(
        target,
        region,
        light_now,
        shown_now,
        light_of_attainment(then),
        attainment_texts_of(then),
        explain_attainment(then),
    )
