"""The people of a department: who they are, what they may do, and help when they cannot come in."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from departments import access
from departments.models import User
from departments.people import listing as people
from departments.people.forms import PeopleFilter, PersonForm, PlaceForm, RolesForm, StaffNumberForm
from departments.permissions import Action
from departments.services import accounts as services
from departments.services import confirming, proposals

DONE: dict[str, str | Promise] = {
    "deactivate": _("The account is closed. What the person did keeps the name."),
    "reactivate": _("The account is open again."),
    "unlock": _("The account is unlocked."),
    "reset-second-factor": _("The second factor has been removed."),
}


@require_safe
@access.requires(Action.MANAGE_PEOPLE)
def people_page(request: HttpRequest) -> HttpResponse:
    """The people whom the reader manages, a page at a time."""
    by = access.person_of_request(request)
    form = PeopleFilter(people.departments_managed_by(by), request.GET)
    form.is_valid()
    rows, page = people.page_of_people(by, **form.cleaned_data)
    return render(request, "departments/people.html", {"form": form, "rows": rows, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@access.requires(Action.MANAGE_PEOPLE)
@never_cache
def add_person_page(request: HttpRequest) -> HttpResponse:
    """A new person; the answer shows the first password, once."""
    by = access.person_of_request(request)
    form = PersonForm(people.departments_managed_by(by), people.offered_anywhere(by), request.POST or None)
    if form.is_valid():
        made = _add(form, by)
        if made is not None:
            return _password(request, *made)
    return render(request, "departments/person_add.html", {"form": form})


def _add(form: PersonForm, by: User) -> tuple[User, str] | None:
    """The person and the password; None, with the reasons in the form, if something does not fit."""
    given = form.cleaned_data
    try:
        return services.add_person(
            username=given["username"],
            name=given["display_name"],
            email=given["email"],
            staff_number=given["staff_number"],
            department=given["department"],
            roles=given["roles"],
            by=by,
        )
    except ValidationError as refused:
        form.add_error(None, refused)
    return None


@require_safe
@access.requires(Action.MANAGE_PEOPLE)
def person_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One person."""
    return _page(request, get_managed_person(request, pk))


@require_POST
@access.requires(Action.MANAGE_PEOPLE)
def change_person_roles(request: HttpRequest, pk: int) -> HttpResponse:
    """The person's roles in one department become those that are marked."""
    person, by = get_managed_person(request, pk), access.person_of_request(request)
    department = get_object_or_404(people.departments_managed_by(by), code=request.POST.get("department", ""))
    form = RolesForm(services.roles_to_grant(by, department), request.POST)
    if not form.is_valid():
        raise access.refusal()
    try:
        services.set_roles(person, department=department, roles=form.cleaned_data["roles"], by=by)
    except ValidationError as refused:
        return _page(request, person, problem=refused.messages[0])
    messages.success(request, _("The roles have been changed."))
    if proposals.waiting_roles_of(person).exists():
        messages.info(request, _("A role that approves waits until a second administrator has confirmed it."))
    return redirect("person", pk)


@require_POST
@access.requires(Action.MANAGE_PEOPLE)
def change_staff_number(request: HttpRequest, pk: int) -> HttpResponse:
    """The number by which the city's log-in knows the person becomes what was typed."""
    person, by = get_managed_person(request, pk), access.person_of_request(request)
    form = StaffNumberForm(request.POST, instance=get_managed_person(request, pk))
    if not form.is_valid():
        return _page(request, person, numbering=form)
    try:
        services.set_staff_number(person, form.cleaned_data["staff_number"], by=by)
    except ValidationError as refused:
        return _page(request, person, problem=refused.messages[0])
    messages.success(request, _("The staff number has been changed."))
    return redirect("person", pk)


@require_POST
@access.requires(Action.MANAGE_PEOPLE)
def decide_proposed_role(request: HttpRequest, pk: int, proposed: int) -> HttpResponse:
    """A role that waits for a second administrator is confirmed, or refused with a reason."""
    person, by = get_managed_person(request, pk), access.person_of_request(request)
    row = get_object_or_404(person.proposed_roles.all(), pk=proposed)
    try:
        if request.POST.get("do") == "confirm":
            confirming.confirm_role(row, by=by)
        else:
            confirming.refuse_role(row, by=by, reason=request.POST.get("reason", ""))
    except ValidationError as refused:
        return _page(request, person, problem=refused.messages[0])
    messages.success(request, _("The roles have been changed."))
    return redirect("people")


@require_POST
@access.requires(Action.MANAGE_PEOPLE)
@never_cache
def do_account_deed(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """One of the things that can be done to an account."""
    person, by = get_managed_person(request, pk), access.person_of_request(request)
    if deed not in services.DEEDS:
        raise Http404
    password = services.DEEDS[deed](person, by=by)
    if password is not None:
        return _password(request, person, password)
    messages.success(request, str(DONE[deed]))
    return redirect("person", pk)


def _page(
    request: HttpRequest, person: User, problem: str = "", numbering: StaffNumberForm | None = None
) -> HttpResponse:
    by, row = access.person_of_request(request), people.row_of_person(person)
    context: dict[str, object] = {
        "row": row,
        "waiting": confirming.offer_waiting_roles(by, row.waiting),
        "places": [(place.department, _roles_form(place)) for place in people.roles_by_department(person, by)],
        "elsewhere": _elsewhere(person, by),
        "deeds": people.deeds_for_account(row, by),
        "why_not": services.why_not_managed(person, by),
        "numbering": numbering or StaffNumberForm(instance=person),
        "problem": problem,
    }
    return render(request, "departments/person.html", context, status=422 if problem or numbering else 200)


def _roles_form(place: people.DepartmentRoles) -> RolesForm:
    held: dict[str, object] = {"roles": sorted(place.held)}
    return RolesForm(place.offered, initial=held, auto_id=f"{place.department.code}-%s")


def _elsewhere(person: User, by: User) -> PlaceForm | None:
    """The form for a first role in a further department; None where the reader manages no further department."""
    free = people.departments_managed_by(by).exclude(pk__in=person.memberships.values("department"))
    return PlaceForm(free, people.offered_anywhere(by), auto_id="elsewhere-%s") if free.exists() else None


def _password(request: HttpRequest, person: User, password: str) -> HttpResponse:
    return render(request, "departments/person_password.html", {"person": person, "password": password})


def get_managed_person(request: HttpRequest, pk: int) -> User:
    """The person, if the reader manages the person; Http404 otherwise."""
    return get_object_or_404(people.people_of(access.person_of_request(request)), pk=pk)
