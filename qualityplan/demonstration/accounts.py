"""Accounts with which every role can be tried, all with one password."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.db import transaction

from departments.models import Department, Membership, User
from departments.permissions import Role
from qualityplan.building.secrets import read_kept_secret
from qualityplan.demonstration.shapes import Official

_WITHOUT_ACCOUNTS = (
    Department.Kind.GOVERNMENT_OFFICE,
    Department.Kind.COUNTY_GOVERNMENT,
    Department.Kind.EACH_COUNTY,
)


class DemoAccount(NamedTuple):
    """One person to be: how to log in, what to be called, and which role in which department."""

    username: str
    name: str
    role: Role
    department_id: int


def demo_password() -> str:
    """The password of all demonstration accounts: the one that is set, else a random one, kept for the next start."""
    return settings.DEMO_PASSWORD or read_kept_secret(settings.VAR_DIR / "env", "DEMO_PASSWORD")


@transaction.atomic
def make_accounts(officials: Iterable[Official]) -> int:
    """Makes the accounts that are missing and returns their number: those of the officials, of every unit and of every
    county. One that exists is left as it is.

    All accounts share one hash: hashing is slow on purpose, sixty times half a second would be half a minute, and who
    knows one of these passwords knows them all anyway. The validators of passwords are not asked: the password is
    random, or the choice of whoever starts a demonstration.
    """
    wanted = {account.username: account for account in (*_officials(officials), *_units(), *_counties())}
    users = {user.username: user for user in User.objects.filter(username__in=wanted)}
    new = [account for username, account in wanted.items() if username not in users]
    shared = _shared_hash(list(users.values()))
    made = User.objects.bulk_create(_user(account, shared) for account in new)
    Membership.objects.bulk_create(
        Membership(user=user, department_id=account.department_id, role=account.role.value)
        for user, account in zip(made, new, strict=True)
    )
    return len(made)


def _shared_hash(users: list[User]) -> str:
    """The hash of the password for new accounts. Where another password was chosen since the last start, those accounts
    that still have the last one follow; whoever has set a password of their own keeps it."""
    held = Counter(user.password for user in users).most_common(1)
    if held and check_password(demo_password(), held[0][0]):
        return held[0][0]
    shared = make_password(demo_password())
    if held and held[0][1] > 1:
        User.objects.filter(pk__in=[user.pk for user in users], password=held[0][0]).update(password=shared)
    return shared


def _user(account: DemoAccount, password: str) -> User:
    administers = account.role is Role.ADMINISTRATOR
    return User(
        username=account.username,
        display_name=account.name,
        password=password,
        is_staff=administers,
        is_superuser=administers,
    )


def _officials(officials: Iterable[Official]) -> Iterator[DemoAccount]:
    departments = dict(Department.objects.values_list("code", "pk"))
    for who in officials:
        yield DemoAccount(who.username, who.name, who.role, departments[who.department])


def _units() -> Iterator[DemoAccount]:
    """Two people in each unit: nobody approves an own entry."""
    for unit in Department.objects.exclude(kind__in=_WITHOUT_ACCOUNTS):
        yield DemoAccount(f"{unit.code}-reporter", f"{unit.short_name}填报人", Role.REPORTER, unit.pk)
        yield DemoAccount(f"{unit.code}-reviewer", f"{unit.short_name}审核人", Role.REVIEWER, unit.pk)


def _counties() -> Iterator[DemoAccount]:
    for unit in Department.objects.filter(kind=Department.Kind.COUNTY_GOVERNMENT).select_related("region"):
        yield DemoAccount(f"{unit.region.code}-county", f"{unit.short_name}质量工作联络员", Role.COUNTY, unit.pk)
