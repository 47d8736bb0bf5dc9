"""帮助: the manual for everybody who has logged in."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from departments.jobs import wake_worker
from qualityplan.manual.chapters import Chapter, read_manual
from qualityplan.manual.jobs import make_manual
from qualityplan.manual.paper import NO_LIBRARIES, path_of_manual
from qualityplan.manual.searching import LONGEST, search_manual
from qualityplan.version import VERSION
from tasks.papers.pdf import CONTENT_TYPE, LIBRARIES, MissingError, load_weasyprint

WAITED = 60
"""Seconds after which a worker need not make what was asked for: whoever still wants it has asked again."""


@require_safe
@login_required
def manual(request: HttpRequest) -> HttpResponse:
    """All chapters, or what is found; `?q=` holds the words that are looked for."""
    chapters, typed = _chapters(), request.GET.get("q", "").strip()
    too_long = len(typed) > LONGEST
    context = {
        "chapters": chapters,
        "typed": typed[:LONGEST],
        "too_long": too_long,
        "longest": LONGEST,
        "found": search_manual(chapters, [] if too_long else typed.split()),
    }
    return render(request, "qualityplan/manual.html", context)


@require_safe
@login_required
def manual_chapter(request: HttpRequest, name: str) -> HttpResponse:
    """One chapter, with the ones before and after it."""
    chapters = _chapters()
    place = next((number for number, chapter in enumerate(chapters) if chapter.name == name), None)
    if place is None:
        raise Http404
    context = {
        "chapters": chapters,
        "chapter": chapters[place],
        "before": chapters[place - 1] if place else None,
        "after": chapters[place + 1] if place + 1 < len(chapters) else None,
    }
    return render(request, "qualityplan/manual_chapter.html", context)


def _chapters() -> tuple[Chapter, ...]:
    """The manual in the language of whoever reads."""
    return read_manual(get_language() or "")


@require_safe
@login_required
def manual_pdf(request: HttpRequest) -> HttpResponseBase:
    """The manual as one PDF file. Laying it out takes seconds and keeps no request waiting: a worker does it once for
    each version and language, and until then the reader is told to come back."""
    language = get_language() or ""
    if (file := path_of_manual(language)).exists():
        name = _("Plan Monitor, manual %(version)s") % {"version": VERSION}
        return FileResponse(file.open("rb"), as_attachment=True, filename=f"{name}.pdf", content_type=CONTENT_TYPE)
    try:
        load_weasyprint()
    except MissingError:
        messages.error(request, NO_LIBRARIES % {"packages": LIBRARIES})
    else:
        wake_worker(make_manual, language, expires=WAITED)
        messages.info(
            request,
            _(
                "The PDF file is being made, which takes a minute at most. Follow the link again then. If it is still "
                "not there after some minutes, tell your administrator: manage.py manual_pdf makes it on the server."
            ),
        )
    return redirect("help")
