"""Plans and clauses in the administration."""

from typing import Any

from django.contrib import admin
from django.db.models import PROTECT
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from departments.administration import Announcing, Importing, Resource
from plans.models import CalendarDay, Clause, Plan


class CalendarDayResource(Resource):
    """Days of the calendar by their date."""

    class Meta:
        model = CalendarDay
        exclude = ("id",)
        import_id_fields = ("day",)


@admin.register(CalendarDay)
class CalendarDayAdmin(Importing):
    """Exceptions to Monday–Friday, as the State Council arranges them each year."""

    resource_classes = [CalendarDayResource]
    list_display = ["day", "kind", "name"]
    list_filter = ["kind"]
    date_hierarchy = "day"
    search_fields = ["day", "name"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """With the rule for years of which nothing is entered yet as the page's subtitle."""
        told = {"subtitle": _("A year without entries counts Monday to Friday alone.")}
        return super().changelist_view(request, told | (extra_context or {}))


@admin.register(Plan)
class PlanAdmin(Announcing):
    """Documents, with the settings by which their promises are judged."""

    list_display = ["code", "number", "title", "region", "first_month", "last_month", "state"]
    list_select_related = ["region"]
    search_fields = ["code", "number", "title"]
    autocomplete_fields = ["region"]


@admin.register(Clause)
class ClauseAdmin(Announcing):
    """Numbered passages. One that a promise quotes is fixed: what was promised would no longer stand in it."""

    list_display = ["path", "title", "plan", "order"]
    list_filter = ["plan"]
    list_select_related = ["plan"]
    ordering = ["plan", "order"]
    search_fields = ["path", "heading", "text"]
    autocomplete_fields = ["plan", "parent"]

    def get_readonly_fields(self, request: HttpRequest, obj: Clause | None = None) -> list[str]:
        return ["plan", "path", "heading", "text"] if obj is not None and is_quoted(obj) else []


def is_quoted(clause: Clause) -> bool:
    """Whether something of an upper app stands on this clause: whatever would keep it from being deleted."""
    relations: list[Any] = [one for one in clause._meta.related_objects if one.on_delete is PROTECT]
    return any(getattr(clause, one.get_accessor_name()).exists() for one in relations)
