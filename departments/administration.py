"""What every page of the administration has in common: who may enter, and who is told of a change.

The permission table alone decides: whoever holds the role administrator in a government office may do everything here
for the own region and its parts, and nobody else enters.
Django's own marks (`is_staff`, `is_superuser`, groups) open nothing, so that there is one place to look.

Lower apps do not know what is derived from their objects. Upper apps say with `register_change_listener` what is to be
called, in the transaction of the change, with the objects before and after it: one call for a form, one for an imported
file; and with `register_change_guard` who is asked beforehand, row by row, whether a change may be.

Every change is an audit event with what was before and after.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.filters import RelatedFieldListFilter
from django.contrib.admin.options import BaseModelAdmin, IncorrectLookupParameters
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.db.models.fields.related import RelatedField
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from import_export.admin import ImportExportModelAdmin
from import_export.formats import base_formats
from import_export.resources import ModelResource
from import_export.results import Result, RowResult
from simple_history.admin import SimpleHistoryAdmin

from departments import access
from departments.access import Reach
from departments.auditing.edited_rows import record_row
from departments.models import User
from departments.permissions import Action
from departments.rules.typed import number_of
from departments.services.accounts import record
from pages import spreadsheets

Listener = Callable[[Collection[models.Model]], None]
Guard = Callable[[models.Model | None, models.Model | None], None]
Reference = models.ForeignKey | models.ManyToManyField
AnyRows = models.QuerySet[Any]  # Untyped: the rows of whichever model a page is registered for

_listeners: list[Listener] = []
_guards: list[Guard] = []
_holding: list[Callable[[], None]] = []
if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    Base = BaseModelAdmin
else:
    Base = object  # a mixin: what Django's pages are made of comes beside it

STORED = (RowResult.IMPORT_TYPE_NEW, RowResult.IMPORT_TYPE_UPDATE, RowResult.IMPORT_TYPE_DELETE)


def register_change_listener(listener: Listener) -> None:
    """Registers what is called with the objects that the administration changed; it picks those that concern it."""
    if listener not in _listeners:
        _listeners.append(listener)


def register_change_guard(asked: Guard, *, hold: Callable[[], None] | None = None) -> None:
    """Registers who is asked about every row before it changes: as it is stored (None: it is new) and as it is to be
    (None: it is taken away). Whoever refuses raises ValidationError; what is held for the answer stays held until the
    transaction ends. `hold` holds all that the rows of a file may need, before the first of them."""
    if asked not in _guards:
        _guards.append(asked)
    if hold is not None and hold not in _holding:
        _holding.append(hold)


def demand_allowed(before: models.Model | None, after: models.Model | None) -> None:
    """Asks every guard, inside the transaction of the change."""
    for asked in _guards:
        asked(before, after)


def announce_changes(objects: Collection[models.Model | None]) -> None:
    """Tells every listener, inside the transaction of the change."""
    known = [row for row in objects if row is not None]
    for listener in _listeners:
        listener(known)


def may_enter_administration(request: HttpRequest) -> bool:
    """Whether the person is an active administrator."""
    user = request.user
    return user.is_authenticated and bool(access.reach(user, Action.ADMINISTER))


def log_in(request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
    """Leads to the log-in of the service, with all its safeguards; who is logged in and may not enter is told so."""
    if may_enter_administration(request):
        return redirect("admin:index")
    if request.user.is_authenticated:
        raise access.refusal()
    return redirect_to_login(request.GET.get("next", ""))


def change_password(request: HttpRequest, extra_context: dict[str, object] | None = None) -> HttpResponse:
    """Leads to the service's own page for changing the password, with all its safeguards."""
    return redirect("account_change_password")


def reach_of(request: HttpRequest) -> Reach:
    """How far the administrator reaches: the region of the government office, and its parts."""
    return access.reach(access.person_of_request(request), Action.ADMINISTER)


class ByRole(Base):
    """Permission by role instead of Django's permissions; an administrator meets the rows of the own region and its
    parts alone.

    `shown`, `changed` and `offered` say which rows are listed, which rows may be changed, and which rows may be chosen
    where another row refers to them.
    """

    def shown(self, reached: Reach, by: User) -> Q:
        """The rows that are listed."""
        return Q()

    def changed(self, reached: Reach, by: User) -> Q:
        """The rows that may be changed and deleted."""
        return self.shown(reached, by)

    def offered(self, request: HttpRequest) -> AnyRows:
        """The rows to which others may refer."""
        return self._rows(request, self.shown)

    def get_queryset(self, request: HttpRequest) -> AnyRows:
        return super().get_queryset(request).filter(self.shown(reach_of(request), access.person_of_request(request)))

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, str | list[str]]:
        """What an address fills into an empty form; a reference in it that is no number is left out."""
        page = cast(admin.ModelAdmin, super())  # rows inside another form are asked for no such thing
        found = page.get_changeform_initial_data(request)
        related = {field.name for field in self.model._meta.get_fields() if field.is_relation}
        return {name: value for name, value in found.items() if name not in related or _are_numbers(value)}

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_enter_administration(request)

    def has_view_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return may_enter_administration(request) and self._holds(request, self.shown, obj)

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return may_enter_administration(request)

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return may_enter_administration(request) and self._holds(request, self.changed, obj)

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return may_enter_administration(request) and self._holds(request, self.changed, obj)

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey, request: HttpRequest, **kwargs: object
    ) -> forms.ModelChoiceField | None:
        """Only what may be referred to can be chosen."""
        return super().formfield_for_foreignkey(db_field, request, **self._limited(db_field, request) | kwargs)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField, request: HttpRequest, **kwargs: object
    ) -> forms.ModelMultipleChoiceField | None:
        """Only what may be referred to can be chosen."""
        return super().formfield_for_manytomany(db_field, request, **self._limited(db_field, request) | kwargs)

    def choices(self, request: HttpRequest, db_field: Reference) -> AnyRows | None:
        """What can be chosen in a field; None where another app looks after it."""
        other = self.admin_site._registry.get(db_field.remote_field.model)
        return other.offered(request) if isinstance(other, ByRole) else None

    def _limited(self, db_field: Reference, request: HttpRequest) -> dict[str, object]:
        found = self.choices(request, db_field)
        return {} if found is None else {"queryset": found}

    def _rows(self, request: HttpRequest, which: "Rows") -> AnyRows:
        return self.model._base_manager.filter(which(reach_of(request), access.person_of_request(request)))

    def _holds(self, request: HttpRequest, which: "Rows", obj: models.Model | None) -> bool:
        """Whether the row, as it is stored, is among the rows of `which`; asked once a request."""
        if obj is None:
            return True
        known: dict[object, bool] = request.__dict__.setdefault("_administered", {})
        key = type(self), which.__name__, obj.pk
        if key not in known:
            known[key] = self._rows(request, which).filter(pk=obj.pk).exists()
        return known[key]


Rows = Callable[[Reach, User], Q]


def _are_numbers(value: str | list[str]) -> bool:
    return all(number_of(part) is not None for part in (value if isinstance(value, list) else [value]))


class GuardedForm(forms.ModelForm):
    """A form whose change is allowed by every guard."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # Django's, which the stubs leave out
        if not self.errors:
            try:
                demand_allowed(stored_before(self.instance), self.instance)
            except ValidationError as refused:
                self.add_error(None, refused)


class GuardedRows(forms.BaseInlineFormSet):
    """Rows inside a form: every guard is asked about each row that is added, changed or deleted."""

    def clean(self) -> None:
        super().clean()
        for form in self.forms:
            gone = self._should_delete_form(form)  # type: ignore[attr-defined]  # Django's, which the stubs leave out
            if form.has_changed() and (gone or form.is_valid()):
                self.demand_allowed(stored_before(form.instance), None if gone else form.instance)

    def demand_allowed(self, before: models.Model | None, after: models.Model | None) -> None:
        """Asks every guard about a row as it is stored and as it is to be."""
        demand_allowed(before, after)


class Inline(ByRole):
    """Rows inside the form of another: who may change that may change these."""

    parent_model: type[models.Model]
    formset: type[forms.BaseInlineFormSet] = GuardedRows

    def _holds(self, request: HttpRequest, which: Rows, obj: models.Model | None) -> bool:
        parent = cast(ByRole, self.admin_site._registry[self.parent_model])
        return obj is None or obj.pk is None or parent._holds(request, getattr(parent, which.__name__), obj)


class OwnRelated(RelatedFieldListFilter):
    """The filter beside a list, with the names of rows that the administrator is shown."""

    def field_choices(
        self, field: RelatedField, request: HttpRequest, model_admin: admin.ModelAdmin
    ) -> "list[tuple[str, StrOrPromise]]":
        other = model_admin.admin_site._registry[field.remote_field.model]
        listed = {"pk__in": other.get_queryset(request).values("pk")}
        ordering = self.field_admin_ordering(field, request, model_admin)
        offered = field.get_choices(include_blank=False, ordering=ordering, limit_choices_to=listed)
        return cast("list[tuple[str, StrOrPromise]]", offered)


class ReadOnly(ByRole):
    """To be looked at only."""

    def has_add_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        return False


class Announcing(ByRole, SimpleHistoryAdmin):
    """An object with its history; every way of changing it is asked about, announced and recorded."""

    # Untyped: a row of the page's own model, which the page of one model names.
    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: object
    ) -> type[forms.ModelForm]:
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (GuardedForm, form), {})

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, **kwargs: object
    ) -> HttpResponse:
        """An earlier state is brought back by those alone who may change the object."""
        if request.method != "POST":
            shown: HttpResponse = super().history_form_view(request, object_id, version_id, **kwargs)
            return shown
        now = self.model._base_manager.filter(pk=object_id).first()
        if not self.has_change_permission(request, now):
            raise access.refusal()
        with transaction.atomic():
            answer: HttpResponse = super().history_form_view(request, object_id, version_id, **kwargs)
        return answer

    def response_action(self, request: HttpRequest, queryset: AnyRows) -> HttpResponse | None:
        """Keeps the answers of the guards, which are asked before rows are deleted, until the rows are deleted."""
        with transaction.atomic():
            return super().response_action(request, queryset)

    def get_deleted_objects(
        self, objs: Collection[models.Model], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Tells that other data stands on the objects, without the names of another city's rows, and why a guard does
        not let go of an object."""
        deleted, counts, needed, kept = super().get_deleted_objects(objs, request)
        reasons = [_("Other data stands on it.")] if kept else []
        with transaction.atomic():
            for row in objs:
                try:
                    demand_allowed(row, None)
                except ValidationError as refused:
                    reasons += refused.messages
        return deleted, counts, needed, reasons

    def save_model(self, request: HttpRequest, obj: models.Model, form: forms.ModelForm, change: bool) -> None:
        with transaction.atomic():
            before = stored_before(obj) if change else None
            super().save_model(request, obj, form, change)
            announce_changes([before, obj])
            record_row(before, obj, by=access.person_of_request(request))

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: forms.BaseModelFormSet, change: bool
    ) -> None:
        with transaction.atomic():
            keys = [form.instance.pk for form in formset.initial_forms if form.has_changed()]
            before = {row.pk: row for row in fetch_stored_objects(formset.get_queryset().model, keys)}
            super().save_formset(request, form, formset, change)
            changed = [row for row, _fields in formset.changed_objects]
            announce_changes([*before.values(), *formset.new_objects, *changed])
            now = {row.pk: row for row in (*changed, *formset.new_objects)}
            for key in before | now:
                record_row(before.get(key), now.get(key), by=access.person_of_request(request))

    def delete_model(self, request: HttpRequest, obj: models.Model) -> None:
        with transaction.atomic():
            announce_changes([obj])
            record_row(obj, None, by=access.person_of_request(request))
            super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: AnyRows) -> None:
        with transaction.atomic():
            gone = list(queryset)
            announce_changes(gone)
            for row in gone:
                record_row(row, None, by=access.person_of_request(request))
            super().delete_queryset(request, queryset)


def fetch_stored_objects(model: type[models.Model], keys: list[object]) -> list[models.Model]:
    """The objects as they are in the database, which is how they were before they were edited."""
    return list(model._base_manager.filter(pk__in=keys))


def stored_before(row: models.Model) -> models.Model | None:
    """The object as it is in the database; None for a new object."""
    return type(row)._base_manager.filter(pk=row.pk).first() if row.pk is not None else None


class TypedTable(Protocol):
    """A table as the library of imports and exports hands it over."""

    headers: Sequence[str]
    title: str | None

    def __iter__(self) -> Iterator[Sequence[object]]: ...


class CSV(base_formats.CSV):
    """A file that `pages.spreadsheets` writes, as it writes every other."""

    def export_data(self, dataset: TypedTable, **kwargs: object) -> str:
        return "".join(spreadsheets.csv_lines([dataset.headers, *dataset]))


class XLSX(base_formats.XLSX):
    """A file that `pages.spreadsheets` writes, as it writes every other."""

    def export_data(self, dataset: TypedTable, **kwargs: object) -> bytes:
        return spreadsheets.write_rows_as_xlsx(str(dataset.title or "1"), [dataset.headers, *dataset])


class Resource(ModelResource):
    """Rows of a file: checked like a form, nothing stored unless all is well, announced once a file.

    `administered` is the administration's page and the request by which the file came: a row of another city is
    neither changed nor referred to.
    """

    def __init__(self, administered: "tuple[Importing, HttpRequest] | None" = None, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._administered = administered

    def before_import(self, dataset: TypedTable, **kwargs: object) -> None:
        super().before_import(dataset, **kwargs)
        for hold in _holding:
            hold()

    def before_import_row(self, row: dict[str, object], **kwargs: object) -> None:
        """A text that was made harmless when it was taken away comes back as it was."""
        for name, value in row.items():
            if isinstance(value, str):
                row[name] = spreadsheets.restore_typed_text(value)
        super().before_import_row(row, **kwargs)

    def validate_instance(
        self,
        instance: models.Model,
        import_validation_errors: dict[str, object] | None = None,
        validate_unique: bool = True,
    ) -> None:
        super().validate_instance(instance, import_validation_errors, validate_unique)
        if self._administered is not None:
            self._demand_own(instance, *self._administered)
        demand_allowed(stored_before(instance), instance)

    def _demand_own(self, instance: models.Model, page: "Importing", request: HttpRequest) -> None:
        """Raises ValidationError for a row of another city, and for a row that would refer to another city."""
        if not instance._state.adding and not page.has_change_permission(request, instance):
            raise ValidationError(_("This row belongs to another region. Its administrator changes it."))
        for field in instance._meta.concrete_fields:
            value, found = getattr(instance, field.attname), None
            if isinstance(field, models.ForeignKey) and value is not None:
                found = page.choices(request, field)
            if found is not None and not found.filter(pk=value).exists():
                raise ValidationError({field.name: _("Choose something of your region.")})

    def after_import(self, dataset: TypedTable, result: Result, **kwargs: object) -> None:
        super().after_import(dataset, result, **kwargs)
        if not kwargs.get("dry_run"):
            rows = [row for row in result.rows if row.import_type in STORED]
            announce_changes([state for row in rows for state in (row.original, row.instance)])
            by = access.person_of_request(self._administered[1]) if self._administered is not None else None
            for row in rows:
                before = None if row.import_type == RowResult.IMPORT_TYPE_NEW else row.original
                record_row(before, row.instance, by=by)

    class Meta:
        clean_model_instances = True
        skip_unchanged = True
        use_transactions = True
        store_instance = True


class Importing(ImportExportModelAdmin, Announcing):
    """With import and export: a dry run that shows every bad row, then a confirmation."""

    formats = [CSV, XLSX, base_formats.JSON]

    def has_import_permission(self, request: HttpRequest) -> bool:
        return may_enter_administration(request)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return may_enter_administration(request)

    def get_import_resource_kwargs(self, request: HttpRequest, **kwargs: object) -> dict[str, object]:
        return {**super().get_import_resource_kwargs(request, **kwargs), "administered": (self, request)}

    def export_action(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        """The page of what is to be taken away; parameters that name nothing are left out, as in the list."""
        try:
            answer: HttpResponse = super().export_action(request, *args, **kwargs)
        except IncorrectLookupParameters:
            return redirect(request.path)
        return answer

    def get_export_data(
        self, file_format: base_formats.Format, request: HttpRequest, queryset: AnyRows, **kwargs: object
    ) -> str | bytes:
        """What is taken away is recorded, before it leaves."""
        record(
            "administration.exported", by=access.person_of_request(request), model=str(self.opts.verbose_name_plural)
        )
        return super().get_export_data(file_format, request, queryset, **kwargs)

    def get_import_data_kwargs(self, **kwargs: object) -> dict[str, object]:
        """A row that has become bad since the dry run keeps the whole file out."""
        return super().get_import_data_kwargs(**kwargs) | {"rollback_on_validation_errors": True}

    def process_result(self, result: Result, request: HttpRequest) -> HttpResponse:
        """Says so when nothing was stored, instead of counting rows that were rolled back."""
        if result.has_errors() or result.has_validation_errors():
            messages.error(request, _("Nothing was stored: the data has changed since. Check the file once more."))
            return HttpResponseRedirect("../import/")
        return super().process_result(result, request)
