"""Who a session belongs to."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection
from django.db.models import Model
from django.http import HttpRequest

from departments.credentials import ways
from departments.credentials.ways import Way
from departments.database.prepared import prepare_query
from departments.models import Department, Membership, Region, User
from departments.models.lineage import sql_of_regions_above, sql_of_regions_below

Kind = TypeVar("Kind", bound=Model)


class Backend(AuthenticationBackend):
    """The log-in of allauth, or that of the city's directory; a person comes with all roles, which every page asks for,
    in one query.

    Nothing of a person is kept between requests: a role that is taken away, or an account that is closed, is gone with
    the next one.
    """

    def authenticate(self, request: HttpRequest | None, **credentials: str) -> User | None:
        """Whose name and password these are: the own password where it counts, else that of the directory."""
        person = self._by_own_password(request, **credentials)
        if person is not None or ways.is_at_emergency_door(request) or not ways.directory_is_set():
            return person
        from departments.login.directory import find_in_directory  # what speaks LDAP need not be installed

        person = find_in_directory(
            request, username=credentials.get("username", ""), password=credentials.get("password", "")
        )
        if person is not None:
            person.came_by = Way.DIRECTORY.value
        return person

    def _by_own_password(self, request: HttpRequest | None, **credentials: str) -> User | None:
        if not ways.own_password_counts(request):
            return None
        person: User | None = super().authenticate(request, **credentials)
        if person is None or not ways.single_log_in_is_required():
            return person
        person.came_by = Way.EMERGENCY.value
        return person if ways.may_come_in_emergency(person) else None

    def get_user(self, user_id: int | str) -> User | None:
        """The person of a session; None for a person who may not log in any more."""
        found = list(User.objects.raw(prepare_query("person", _query(connection.vendor)), [user_id]))
        if not found or not self.user_can_authenticate(found[0]):
            return None
        held = [_role(membership) for membership in found if membership.membership_id is not None]
        found[0].held = sorted(
            held, key=lambda membership: (membership.department.kind, membership.department.code, membership.role)
        )
        return found[0]


_OF_MEMBERSHIP = ("id", "user_id", "department_id", "role")
_OF_DEPARTMENT = ("id", "code", "name", "short_name", "kind", "region_id")
_OF_REGION = ("id", "code", "name", "kind", "parent_id")


@lru_cache(maxsize=2)
def _query(vendor: str) -> str:
    """The query for a person with all roles, departments and regions, and the regions below and above.

    It is put together once: the ORM would do so for each request, which takes longer than asking. Beside the person it
    reads texts and whole numbers only.
    """
    columns = [f"person.{field.column}" for field in User._meta.concrete_fields]
    for name, fields in (("membership", _OF_MEMBERSHIP), ("department", _OF_DEPARTMENT), ("region", _OF_REGION)):
        columns += [f"{name}.{field} AS {name}_{field}" for field in fields]
    columns += [
        f"{sql_of_regions_below('region.id', vendor)} AS regions_below",
        f"{sql_of_regions_above('region.id', vendor)} AS regions_above",
    ]
    tables = [model._meta.db_table for model in (User, Membership, Department, Region)]
    return (  # noqa: S608 - the names are our own
        "SELECT {} FROM {} AS person LEFT JOIN {} AS membership ON membership.user_id = person.id "
        "LEFT JOIN {} AS department ON department.id = membership.department_id "
        "LEFT JOIN {} AS region ON region.id = department.region_id WHERE person.id = %s"
    ).format(", ".join(columns), *tables)


# Untyped: a User with the further columns of the query, which no class names
def _role(row: Any) -> Membership:
    """The membership of a row, with its department and region."""
    membership = _read(Membership, "membership", _OF_MEMBERSHIP, row)
    membership.department = _read(Department, "department", _OF_DEPARTMENT, row)
    membership.department.region = _read(Region, "region", _OF_REGION, row)
    membership.user = row
    membership.below, membership.above = row.regions_below, row.regions_above
    return membership


def _read(model: type[Kind], name: str, fields: Sequence[str], row: Model) -> Kind:
    return model.from_db(row._state.db, fields, [getattr(row, f"{name}_{field}") for field in fields])
