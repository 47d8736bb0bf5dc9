"""帮助: the manual for everybody who has logged in."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from qualityplan.manual.chapters import Chapter, read_manual
from qualityplan.manual.searching import LONGEST, search_manual


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
