"""What every page of the administration has in common: who may enter, and who is told of a change.

The permission table alone decides: whoever holds the role administrator may do everything here, and nobody else enters.
Django's own marks (`is_staff`, `is_superuser`, groups) open nothing, so that there is one place to look.

Lower apps do not know what is derived from their objects. Upper apps say with `listen` what is to be called, in the
transaction of the change, with the objects before and after it: one call for a form, one for an imported file.
"""

from collections.abc import Callable, Collection
from typing import Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import models, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.formats.base_formats import CSV, JSON, XLSX
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from simple_history.admin import SimpleHistoryAdmin

from departments import access
from departments.permissions import Action
from departments.services import record

Listener = Callable[[Collection[models.Model]], None]

_listeners: list[Listener] = []
STORED = (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE, RowResult.IMPORT_TYPE_DELETE)


def listen(listener: Listener) -> None:
    """Registers what is called with the objects that the administration changed; it picks those that concern it."""
    if listener not in _listeners:
        _listeners.append(listener)


def announce(objects: Collection[models.Model | None]) -> None:
    """Tells every listener, inside the transaction of the change."""
    known = [one for one in objects if one is not None]
    for listener in _listeners:
        listener(known)


def may_enter(request: HttpRequest) -> bool:
    """Whether the person is an active administrator."""
    user = request.user
    return user.is_authenticated and bool(access.reach(user, Action.ADMINISTER))


def log_in(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The one log-in of the service, with all its safeguards; whoever is logged in and may not enter is told so."""
    if may_enter(request):
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise access.refusal()
    return redirect_to_login(request.GET.get("next", ""))


def change_password(request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
    """The one page for it, with all its safeguards."""
    return redirect("account_change_password")


class ByRole:
    """Permission by role instead of Django's permissions; for admin classes and inlines."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_enter(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_enter(request)


class ReadOnly(ByRole):
    """To be looked at only."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Announcing(ByRole, SimpleHistoryAdmin):
    """An object with its history; every way of changing it is announced."""

    def save_model(self, request: HttpRequest, obj: models.Model, form: Any, change: bool) -> None:
        with transaction.atomic():
            before = stored(type(obj), [obj.pk]) if change else []
            super().save_model(request, obj, form, change)
            announce([*before, obj])

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        with transaction.atomic():
            before = stored(formset.model, [one.instance.pk for one in formset.initial_forms if one.has_changed()])
            super().save_formset(request, form, formset, change)
            changed = [one for one, _fields in formset.changed_objects]
            announce([*before, *formset.new_objects, *changed])

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        with transaction.atomic():
            announce([obj])
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: "models.QuerySet[Any]") -> None:
        with transaction.atomic():
            announce(list(queryset))
            super().delete_queryset(request, queryset)


def stored(model: type[models.Model], keys: list[Any]) -> list[models.Model]:
    """The objects as they are in the database: what an edited one was before."""
    return list(model._base_manager.filter(pk__in=keys))


class Resource(ModelResource):
    """Rows of a file: checked like a form, nothing stored unless all is well, announced once a file."""

    def after_import(self, dataset: Any, result: Result, **kwargs: Any) -> None:
        super().after_import(dataset, result, **kwargs)
        if not kwargs.get("dry_run"):
            rows = [row for row in result.rows if row.import_type in STORED]
            announce([one for row in rows for one in (row.original, row.instance)])

    class Meta:
        clean_model_instances = True
        skip_unchanged = True
        use_transactions = True
        store_instance = True


class Importing(ImportExportModelAdmin, Announcing):
    """With import and export: a dry run that shows every bad row, then a confirmation."""

    formats = [CSV, XLSX, JSON]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may_enter(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_enter(request)

    def get_export_data(self, file_format: Any, request: HttpRequest, queryset: Any, **kwargs: Any) -> Any:
        """What is taken away is recorded, before it leaves."""
        record("administration.exported", by=access.person(request), model=str(self.opts.verbose_name_plural))
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def get_import_data_kwargs(self, **kwargs: Any) -> dict[str, Any]:
        """A row that has become bad since the dry run keeps the whole file out."""
        return super().get_import_data_kwargs(**kwargs) | {"rollback_on_validation_errors": True}

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Says so when nothing was stored, instead of counting rows that were rolled back."""
        if result.has_errors() or result.has_validation_errors():
            messages.error(request, _("Nothing was stored: the data has changed since. Check the file once more."))
            return HttpResponseRedirect("../import/")
        return super().process_result(result, request)
