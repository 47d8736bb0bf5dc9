"""People, the roles they hold in departments, and their keys to the HTTP API."""

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property
from typing import ClassVar, Self

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from departments.models.lineage import RegionsAbove, RegionsBelow, parse_region_ids
from departments.models.organisation import Department
from departments.permissions import Role
from departments.rules.keys import digest_of_key, new_key


class PersonQuerySet(models.QuerySet["User"]):
    """Questions about people."""

    def named(self, username: str) -> "User | None":
        """Whose log-in name it is, written with capital or small letters: names are kept on record, never passwords
        that were typed in their place."""
        return self.filter(username__iexact=username.strip()).first() if username else None

    def found(self, text: str) -> "PersonQuerySet":
        """Whose log-in name, name or e-mail address has the text in it."""
        return self.filter(
            models.Q(username__icontains=text)
            | models.Q(display_name__icontains=text)
            | models.Q(email__icontains=text)
            | models.Q(staff_number__icontains=text)
        )

    def numbered(self, number: str) -> "User | None":
        """Who has the staff number; where nobody has it, whose log-in name it is, if that person has no staff number.

        The database finds more alike than is (ı and I), so that what differs must be plain letters in another case.
        """
        number = number.strip()
        if not number:
            return None
        own = models.Q(staff_number__iexact=number) | models.Q(staff_number="", username__iexact=number)
        # Those with a number come first.
        found = self.filter(own).order_by("-staff_number")
        alike = (person for person in found if _is_same_number(person.staff_number or person.username, number))
        return next(alike, None)

    def typed(self, name: str) -> "User | None":
        """Whose log-in name or staff number somebody has typed."""
        return self.named(name) or self.numbered(name)

    def of_departments(self, departments: Collection[int]) -> "PersonQuerySet":
        """The people who hold a role in one of the departments, or who will hold it once it is confirmed."""
        held = Membership.objects.filter(department__in=departments)
        to_come = ProposedRole.objects.waiting().filter(department__in=departments)
        return self.filter(models.Q(pk__in=held.values("user")) | models.Q(pk__in=to_come.values("user")))

    def within(self, *, realm: Collection[int], departments: Collection[int]) -> "PersonQuerySet":
        """The people who hold a role, or will hold it once it is confirmed, in one of the departments or in any
        department of the regions; and, where there are no departments elsewhere, the people without any role."""
        here = models.Q(department__in=departments) | models.Q(department__region__in=realm)
        held, to_come = Membership.objects.filter(here), ProposedRole.objects.waiting().filter(here)
        others = Department.objects.exclude(region__in=realm)
        nobody = ~models.Exists(Membership.objects.filter(user=models.OuterRef("pk"))) & ~models.Exists(others)
        return self.filter(models.Q(pk__in=held.values("user")) | models.Q(pk__in=to_come.values("user")) | nobody)

    def with_roles(self) -> "PersonQuerySet":
        """With every membership, its department and region, and with the roles that wait."""
        waiting = ProposedRole.objects.waiting().select_related("department__region", "proposed_by")
        return self.prefetch_related(
            models.Prefetch("memberships", Membership.objects.with_lineage(), to_attr="roles_held"),
            models.Prefetch("proposed_roles", waiting, to_attr="roles_to_come"),
        )


def _is_same_number(kept: str, given: str) -> bool:
    return kept == given or (kept.isascii() and given.isascii() and kept.lower() == given.lower())


class PersonManager(UserManager.from_queryset(PersonQuerySet)):  # type: ignore[misc]  # the checker knows Manager alone
    """Django's way of making people, and our questions."""

    use_in_migrations = False


class User(AbstractUser):
    """A person with a log-in. What a person may do follows from memberships alone.

    `roles_held` and `roles_to_come` are there after `with_roles()` alone.
    """

    display_name = models.CharField(_("name"), max_length=60, blank=True)
    staff_number = models.CharField(
        _("staff number"),
        max_length=64,
        blank=True,
        help_text=_("By which the city's log-in knows the person; left empty, the log-in name counts."),
    )
    must_change_password = models.BooleanField(
        _("must change the password"),
        default=False,
        help_text=_("The password was set by somebody else; the person chooses an own one at the next log-in."),
    )

    sittings_ended = models.PositiveIntegerField(_("times that all log-ins were ended"), default=0, editable=False)

    objects: ClassVar[PersonManager] = PersonManager()

    came_by = ""
    """The way by which the person is coming in (`departments.credentials.ways`), while a log-in is looked at."""
    roles_held: list["Membership"]
    roles_to_come: list["ProposedRole"]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["username"]
        constraints = [
            models.UniqueConstraint(
                Lower("staff_number"),
                condition=~models.Q(staff_number=""),
                name="staff_number_once",
                violation_error_message=_("Somebody else has this staff number. Look for it on the page of people."),
            )
        ]

    def __str__(self) -> str:
        return self.display_name or self.username

    def clean(self) -> None:
        """A staff number is nobody else's log-in name: either opens the account of one person."""
        super().clean()
        self.staff_number = self.staff_number.strip()
        others = User.objects.exclude(pk=self.pk)
        if self.staff_number and others.filter(username__iexact=self.staff_number).exists():
            raise ValidationError(
                {"staff_number": _("This is somebody else's log-in name. Enter another staff number.")}
            )
        if others.filter(staff_number__iexact=self.username).exists():
            raise ValidationError(_("This log-in name is somebody else's staff number. Choose another log-in name."))

    @cached_property
    def held(self) -> list["Membership"]:
        """All memberships with department and region, and with the regions below and above, read once a request."""
        return list(Membership.objects.filter(user=self).with_lineage())

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """What a session must have: it ends with the password, and when all log-ins of the person are ended."""
        known = f"{self.password}:{self.sittings_ended}"
        return salted_hmac(f"{__name__}.session", known, secret=secret, algorithm="sha256").hexdigest()

    @property
    def roles(self) -> frozenset[Role]:
        """Every role held in any department."""
        return frozenset(Role(membership.role) for membership in self.held)


class FormerPassword(models.Model):
    """A password that the person has had, stored as Django stores passwords: it is not chosen again at once."""

    user = models.ForeignKey(User, models.CASCADE, related_name="former_passwords", verbose_name=_("person"))
    password = models.CharField(_("password"), max_length=128)
    replaced_at = models.DateTimeField(_("replaced at"), default=timezone.now)

    class Meta:
        verbose_name = _("former password")
        verbose_name_plural = _("former passwords")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_id} · {self.replaced_at:%Y-%m-%d}"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Questions about roles that are held."""

    def with_lineage(self) -> Self:
        """With department and region, and with the regions that lie below and above it: all that permissions ask."""
        region = models.F("department__region_id")
        return self.select_related("department__region").annotate(
            below=RegionsBelow(region), above=RegionsAbove(region)
        )


class Membership(models.Model):
    """A role that a person holds in a department.

    `below` and `above` hold the ids of the department's region and of its parts, and of the region and its wholes, as
    one text each; they are there after `with_lineage()` alone.
    """

    class RoleChoices(models.TextChoices):
        REPORTER = Role.REPORTER.value, _("reporter")
        REVIEWER = Role.REVIEWER.value, _("reviewer")
        COORDINATOR = Role.COORDINATOR.value, _("coordinator")
        LEADER = Role.LEADER.value, _("leader")
        COUNTY = Role.COUNTY.value, _("county officer")
        ADMINISTRATOR = Role.ADMINISTRATOR.value, _("administrator")

    user = models.ForeignKey(User, models.CASCADE, related_name="memberships", verbose_name=_("person"))
    department = models.ForeignKey(Department, models.PROTECT, related_name="memberships", verbose_name=_("department"))
    role = models.CharField(_("role"), max_length=20, choices=RoleChoices.choices)

    objects = MembershipQuerySet.as_manager()

    below: str
    above: str

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["user", "department", "role"]
        constraints = [models.UniqueConstraint(fields=["user", "department", "role"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} · {self.department} · {self.get_role_display()}"

    @property
    def parts(self) -> frozenset[int]:
        """The ids of the department's region and of all its parts."""
        return parse_region_ids(self.below)

    @property
    def wholes(self) -> frozenset[int]:
        """The ids of the department's region and of every region that it is a part of."""
        return parse_region_ids(self.above)


class ProposedRoleQuerySet(models.QuerySet["ProposedRole"]):
    """Questions about roles that somebody was given."""

    def waiting(self) -> Self:
        """On which nobody has decided yet."""
        return self.filter(decided_at__isnull=True)


class ProposedRole(models.Model):
    """A role that approves, which an administrator has given to somebody new and a second one has to confirm.

    It opens nothing: a confirmed one becomes a membership, and permissions ask for memberships alone.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="proposed_roles", verbose_name=_("person"))
    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("department"))
    role = models.CharField(_("role"), max_length=20, choices=Membership.RoleChoices.choices)
    proposed_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("given by"))
    proposed_at = models.DateTimeField(_("given at"), default=timezone.now)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    confirmed = models.BooleanField(_("confirmed"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=200, blank=True)

    objects = ProposedRoleQuerySet.as_manager()

    class Meta:
        verbose_name = _("role that waits for a second administrator")
        verbose_name_plural = _("roles that wait for a second administrator")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "department", "role"],
                condition=models.Q(decided_at__isnull=True),
                name="proposed_role_waits_once",
            ),
            models.CheckConstraint(
                condition=models.Q(decided_at__isnull=True, decided_by__isnull=True, confirmed__isnull=True)
                | models.Q(decided_at__isnull=False, decided_by__isnull=False, confirmed=False)
                | (
                    models.Q(decided_at__isnull=False, decided_by__isnull=False, confirmed=True)
                    & ~models.Q(decided_by=models.F("proposed_by"))
                    & ~models.Q(decided_by=models.F("user"))
                ),
                name="proposed_role_confirmed_by_another",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.department} · {self.get_role_display()}"


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Questions about tokens."""

    def usable(self, key: str, at: datetime) -> "ApiTokenQuerySet":
        """The token with this key, if it is neither revoked nor expired at the given time."""
        return self.filter(
            key_hash=digest_of_key(key), revoked_at__isnull=True, expires_at__gt=at, user__is_active=True
        ).select_related("user")


class ApiToken(models.Model):
    """A key to the HTTP API: belongs to a person, is shown once, stored only as SHA-256, expires, can be revoked."""

    user = models.ForeignKey(User, models.CASCADE, related_name="api_tokens", verbose_name=_("person"))
    name = models.CharField(_("name"), max_length=60, blank=True)
    key_hash = models.CharField(_("hash of the key"), max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created at"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires at"))
    revoked_at = models.DateTimeField(_("revoked at"), null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.user} · {self.name or self.pk}"

    @classmethod
    def issue(cls, user: User, *, days: int = 365, name: str = "") -> tuple["ApiToken", str]:
        """A new token and its key; the key is not kept and cannot be shown again."""
        key = new_key()
        expires_at = timezone.now() + timedelta(days=days)
        return cls.objects.create(user=user, name=name, key_hash=digest_of_key(key), expires_at=expires_at), key
