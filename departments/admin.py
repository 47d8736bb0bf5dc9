"""The administration: who there is, which roles they hold, and what has been done."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget

from departments import access
from departments.access import Reach
from departments.administration import (
    Announcing,
    AnyRows,
    ByRole,
    Importing,
    Inline,
    ReadOnly,
    Reference,
    Resource,
    change_password,
    log_in,
    may_enter_administration,
    reach_of,
)
from departments.auditing import log
from departments.models import ApiToken, AuditEvent, Department, Membership, ProposedRole, Reform, Region, User
from departments.models.reform import check_reform
from departments.people import seeing
from departments.permissions import Role
from departments.services.accounts import (
    exchange_roles,
    managed_by,
    password_was_set,
    record,
    record_change,
    revoke_api_tokens,
    state_of_account,
    was_closed_or_opened,
)

# Roles decide, not Django's marks and groups; and there is one log-in, not a second one for administrators.
admin.site.has_permission = may_enter_administration  # type: ignore[method-assign]  # the site is Django's own
admin.site.login = log_in  # type: ignore[method-assign]  # the site is Django's own
admin.site.site_header = admin.site.site_title = gettext_lazy("Administration")
admin.site.password_change = change_password  # type: ignore[assignment, method-assign]  # as above
admin.site.unregister([Group, Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken])


class RegionResource(Resource):
    """Regions by their code; a parent stands in the file before its parts, or exists already."""

    parent = Field("parent", "parent", ForeignKeyWidget(Region, "code"))

    class Meta:
        model = Region
        exclude = ("id",)
        import_id_fields = ("code",)


class DepartmentResource(Resource):
    """Departments by their code, with the region's code; aliases as a JSON list."""

    region = Field("region", "region", ForeignKeyWidget(Region, "code"))

    class Meta:
        model = Department
        exclude = ("id",)
        import_id_fields = ("code",)


@admin.register(Region)
class RegionAdmin(Importing):
    """Where something is measured. All regions are shown to everybody; they are changed by the administrators above
    whom nobody is in this installation: the parts of their own, or all where nobody else is here. What a region is part
    of decides who sees what: nobody makes another city a part of the own."""

    def changed(self, reached: Reach, by: User) -> Q:
        if seeing.is_alone(reached):
            return Q()
        return Q(pk__in=reached.realm) if seeing.is_top(reached) else Q(pk__in=())

    def offered(self, request: HttpRequest) -> QuerySet[Region]:
        """The own region and its parts; where nobody else is here, all."""
        reached = reach_of(request)
        return Region.objects.all() if seeing.is_alone(reached) else Region.objects.filter(pk__in=reached.realm)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return super().has_add_permission(request, obj) and seeing.is_top(reach_of(request))

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        own = obj is not None and obj.pk in reach_of(request).seats
        return not own and super().has_delete_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Region | None = None) -> list[str]:
        """What the own region is a part of is changed by the administrators above it."""
        reached = reach_of(request)
        own = obj is not None and obj.pk in reached.seats and not seeing.is_alone(reached)
        return ["parent"] if own else []

    def formfield_for_foreignkey(
        self, db_field: ForeignKey, request: HttpRequest, **kwargs: object
    ) -> forms.ModelChoiceField | None:
        """Makes a new region a part of the own region, unless nobody else is here."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and not seeing.is_alone(reach_of(request)):
            field.required = True
        return field

    resource_classes = [RegionResource]
    list_display = ["code", "name", "kind", "parent"]
    list_filter = ["kind"]
    list_select_related = ["parent"]
    search_fields = ["code", "name"]
    autocomplete_fields = ["parent"]


@admin.register(Department)
class DepartmentAdmin(Importing):
    """Who answers for something."""

    def shown(self, reached: Reach, by: User) -> Q:
        return Q(region__in=reached.realm)

    def offered(self, request: HttpRequest) -> QuerySet[Department]:
        """All departments that the administrator sees, those above and those of plans too: each may be given something
        to answer for."""
        return seeing.departments_seen_by(access.person_of_request(request))

    resource_classes = [DepartmentResource]
    list_display = ["code", "short_name", "name", "kind", "region"]
    list_filter = ["kind"]
    list_select_related = ["region"]
    search_fields = ["code", "name", "short_name"]
    autocomplete_fields = ["region"]


class ReformForm(forms.ModelForm):
    """A reform, whose departments before and after must fit its kind."""

    def clean(self) -> dict[str, object]:
        given = super().clean() or {}
        if not self.errors:
            check_reform(given["kind"], given["effective_on"], given["before"], given["after"], self.instance.pk)
        return given


@admin.register(Reform)
class ReformAdmin(Announcing):
    """Departments that were renamed, merged or split. Those after are entered as departments first."""

    def shown(self, reached: Reach, by: User) -> Q:
        own = Department.objects.filter(region__in=reached.realm)
        return Q(pk__in=Reform.objects.filter(Q(before__in=own) | Q(after__in=own)).values("pk"))

    def changed(self, reached: Reach, by: User) -> Q:
        """The reforms that concern the own departments alone."""
        others = Department.objects.exclude(region__in=reached.realm)
        foreign = Reform.objects.filter(Q(before__in=others) | Q(after__in=others))
        return self.shown(reached, by) & ~Q(pk__in=foreign.values("pk"))

    def choices(self, request: HttpRequest, db_field: Reference) -> QuerySet[Department]:
        return Department.objects.filter(region__in=reach_of(request).realm)

    form = ReformForm
    list_display = ["effective_on", "kind", "document"]
    list_filter = ["kind"]
    autocomplete_fields = ["before", "after"]


class MembershipInline(Inline, admin.TabularInline):
    """The roles that a person holds in departments of the own region and its parts."""

    def shown(self, reached: Reach, by: User) -> Q:
        return Q(department__region__in=reached.realm)

    def choices(self, request: HttpRequest, db_field: Reference) -> AnyRows | None:
        if db_field.name == "department":
            return Department.objects.filter(region__in=reach_of(request).realm)
        return super().choices(request, db_field)

    model = Membership
    extra = 1
    autocomplete_fields = ["department"]


@admin.register(User)
class UserAdmin(ByRole, DjangoUserAdmin):
    """People and their roles. Django's own marks and groups are not shown, because they open nothing.

    Every change of who may come in and what opens is recorded as from the page of people. Nobody is deleted: an account
    is closed, and what was done keeps its name. Who also holds a role in another city is only looked at.
    """

    def shown(self, reached: Reach, by: User) -> Q:
        return Q(pk__in=managed_by(reached).values("pk"))

    def changed(self, reached: Reach, by: User) -> Q:
        elsewhere = Membership.objects.exclude(department__region__in=reached.realm)
        to_come = ProposedRole.objects.waiting().exclude(department__region__in=reached.realm)
        return self.shown(reached, by) & ~Q(pk__in=elsewhere.values("user")) & ~Q(pk__in=to_come.values("user"))

    inlines = [MembershipInline]
    list_display = ["username", "display_name", "staff_number", "email", "is_active", "last_login"]
    list_filter = ["is_active", "memberships__role"]
    search_fields = ["username", "display_name", "staff_number", "email"]
    filter_horizontal = []
    readonly_fields = ["last_login", "date_joined", "must_change_password"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (
            gettext_lazy("Person"),
            {"fields": ["display_name", "staff_number", "email", "is_active", "must_change_password"]},
        ),
        (gettext_lazy("Important dates"), {"fields": ["last_login", "date_joined"]}),
    ]

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        """Records a new person, and what was changed of an account; closing one ends what it had open."""
        by, known = access.person_of_request(request), User.objects.filter(pk=obj.pk).first()
        obj.must_change_password = obj.must_change_password or not change
        super().save_model(request, obj, form, change)
        if known is None:
            record("people.added", by=by, subject=obj, username=obj.username, after=state_of_account(obj))
            return
        if known.is_active != obj.is_active:
            was_closed_or_opened(obj, by=by)
        known.is_active = obj.is_active
        record_change(obj, before=state_of_account(known), by=by)

    def save_formset(
        self, request: HttpRequest, form: forms.ModelForm, formset: forms.BaseModelFormSet, change: bool
    ) -> None:
        """Roles are given and taken as on the page of people: some wait for a second administrator."""
        formset.save(commit=False)
        changed = [membership for membership, _fields in formset.changed_objects]
        taken = Membership.objects.filter(pk__in=[membership.pk for membership in (*formset.deleted_objects, *changed)])
        given = [(membership.department, Role(membership.role)) for membership in (*formset.new_objects, *changed)]
        exchange_roles(form.instance, taken=list(taken), given=given, by=access.person_of_request(request))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """A password set here is changed by the person at the next log-in."""
        with transaction.atomic():
            before = self.get_object(request, id)
            answer = super().user_change_password(request, id, form_url)
            person = self.get_object(request, id)
            if before is not None and person is not None and person.password != before.password:
                password_was_set(person, before=before.password, by=access.person_of_request(request))
        return answer


@admin.register(ProposedRole)
class ProposedRoleAdmin(ReadOnly, admin.ModelAdmin):
    """Roles that wait for a second administrator, and those decided on; that is done on the page of a person."""

    def shown(self, reached: Reach, by: User) -> Q:
        return Q(department__region__in=reached.realm)

    list_display = ["user", "department", "role", "proposed_by", "proposed_at", "confirmed", "decided_by", "reason"]
    list_filter = ["confirmed"]
    list_select_related = ["user", "department", "proposed_by", "decided_by"]
    search_fields = ["user__username", "user__display_name"]


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnly, admin.ModelAdmin):
    """Keys to the HTTP API: made by `manage.py create_api_token`, revoked here."""

    def shown(self, reached: Reach, by: User) -> Q:
        return Q(user__in=managed_by(reached).values("pk"))

    list_display = ["user", "name", "created_at", "expires_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__username", "name"]
    exclude = ["key_hash"]
    actions = ["revoke"]

    @admin.action(description=gettext_lazy("Revoke the selected tokens"))
    @transaction.atomic
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        """From now on they open nothing."""
        number = revoke_api_tokens(queryset, by=access.person_of_request(request))
        self.message_user(request, _("%(number)d revoked.") % {"number": number})


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly, admin.ModelAdmin):
    """Who did what; rows are added by what was done, and never changed."""

    def shown(self, reached: Reach, by: User) -> Q:
        return Q(pk__in=log.events_seen_by(by).order_by().values("pk"))

    list_display = ["at", "actor", "action", "subject"]
    list_filter = ["action"]
    list_select_related = ["actor"]
    search_fields = ["subject", "actor__username"]
    date_hierarchy = "at"
