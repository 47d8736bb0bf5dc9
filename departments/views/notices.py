"""What a person is told (通知): the page with everything that is also sent by e-mail."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from departments import access
from departments.models import Notice
from departments.notices import matters
from departments.permissions import Action
from departments.services.notices import mark_all_read, mark_read

PAGE = 20


@require_safe
@access.requires(Action.VIEW_PLAN)
def notices(request: HttpRequest) -> HttpResponse:
    """My notices, unread first; `?page=` counts from 1, what cannot be understood is the nearest page."""
    mine = Notice.objects.filter(user=access.person_of_request(request)).unread_first()
    page = Paginator(mine, PAGE).get_page(request.GET.get("page"))
    shown = [(notice, matters.heading_of_notice(notice), matters.lines_of_notice(notice)) for notice in page]
    return render(request, "departments/notices.html", {"page": page, "notices": shown})


@require_POST
@access.requires(Action.VIEW_PLAN)
def read_one(request: HttpRequest, pk: int) -> HttpResponse:
    """Marks one of my notices as read; 404 for somebody else's."""
    user = access.person_of_request(request)
    mark_read(user, get_object_or_404(Notice, user=user, pk=pk).pk, timezone.now())
    page = request.GET.get("page", "")
    return redirect(reverse("notices") + (f"?page={page}" if page.isascii() and page.isdigit() else ""))


@require_POST
@access.requires(Action.VIEW_PLAN)
def read_all(request: HttpRequest) -> HttpResponse:
    """Marks all of my notices as read."""
    mark_all_read(access.person_of_request(request), timezone.now())
    return redirect("notices")
