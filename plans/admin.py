"""Plans and clauses in the administration."""

from django.contrib import admin
from django.db.models import PROTECT, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from departments.access import Reach
from departments.administration import Announcing, ByRole, Importing, OwnRelated, Reference, Resource, reach_of
from departments.models import Region, User
from departments.people import seeing
from plans.models import CalendarDay, Clause, Plan


class OfPlan(ByRole):
    """Rows of plans: changed by the administrators of exactly the plan's region, who alone see a draft; those of a plan
    in force are looked at by the administrators of the regions above it too. `to_plan` is the way to the plan."""

    to_plan = "plan__"

    def shown(self, reached: Reach, by: User) -> Q:
        in_force = Q((f"{self.to_plan}region__in", reached.realm), (f"{self.to_plan}state", Plan.State.PUBLISHED))
        return in_force | self.changed(reached, by)

    def changed(self, reached: Reach, by: User) -> Q:
        return Q((f"{self.to_plan}region__in", reached.seats))


class CalendarDayResource(Resource):
    """Days of the calendar by their date."""

    class Meta:
        model = CalendarDay
        exclude = ("id",)
        import_id_fields = ("day",)


@admin.register(CalendarDay)
class CalendarDayAdmin(Importing):
    """Exceptions to Monday–Friday, as the State Council arranges them each year: the same for everybody, entered by the
    administrators above whom nobody is in this installation."""

    def changed(self, reached: Reach, by: User) -> Q:
        return Q() if seeing.is_top(reached) else Q(pk__in=())

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_add_permission(request, obj) and seeing.is_top(reach_of(request))

    resource_classes = [CalendarDayResource]
    list_display = ["day", "kind", "name"]
    list_filter = ["kind"]
    date_hierarchy = "day"
    search_fields = ["day", "name"]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
        """With the rule for years of which nothing is entered yet as the page's subtitle."""
        told = {"subtitle": _("A year without entries counts Monday to Friday alone.")}
        return super().changelist_view(request, told | (extra_context or {}))


@admin.register(Plan)
class PlanAdmin(OfPlan, Announcing):
    """Documents, with the settings by which their promises are judged."""

    to_plan = ""

    def offered(self, request: HttpRequest) -> "QuerySet[Plan]":
        """A promise is made in a plan of exactly the own region."""
        return self._rows(request, self.changed)

    def choices(self, request: HttpRequest, db_field: Reference) -> "QuerySet[Region]":
        return Region.objects.filter(pk__in=reach_of(request).seats)

    list_display = ["code", "number", "title", "region", "first_month", "last_month", "state"]
    list_select_related = ["region"]
    search_fields = ["code", "number", "title"]
    autocomplete_fields = ["region"]


@admin.register(Clause)
class ClauseAdmin(OfPlan, Announcing):
    """Numbered passages. One that a promise quotes is fixed: what was promised would no longer stand in it."""

    list_display = ["path", "title", "plan", "order"]
    list_filter = [("plan", OwnRelated)]
    list_select_related = ["plan"]
    ordering = ["plan", "order"]
    search_fields = ["path", "heading", "text"]
    autocomplete_fields = ["plan", "parent"]

    def get_readonly_fields(self, request: HttpRequest, obj: Clause | None = None) -> list[str]:
        return ["plan", "path", "heading", "text"] if obj is not None and is_quoted(obj) else []


def is_quoted(clause: Clause) -> bool:
    """Whether something of an upper app stands on this clause: whatever would keep it from being deleted."""
    relations = [relation for relation in clause._meta.related_objects if relation.on_delete is PROTECT]
    names = [relation.get_accessor_name() for relation in relations]
    return any(getattr(clause, name).exists() for name in names if name)
