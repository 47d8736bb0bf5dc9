"""Plans and clauses in the administration."""

from typing import Any

from django.contrib import admin
from django.db.models import PROTECT
from django.http import HttpRequest

from departments.administration import Announcing
from plans.models import Clause, Plan


@admin.register(Plan)
class PlanAdmin(Announcing):
    """Documents, with the settings by which their promises are judged."""

    list_display = ["year", "number", "title", "region", "issued_on"]
    list_select_related = ["region"]
    search_fields = ["year", "number", "title"]
    autocomplete_fields = ["region"]


@admin.register(Clause)
class ClauseAdmin(Announcing):
    """Numbered passages. One that a promise quotes is fixed: what was promised would no longer stand in it."""

    list_display = ["path", "heading", "plan", "order"]
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
