"""Notices of supervision (督办通知), and every step of their way."""

from datetime import date
from typing import Any, NoReturn, Self

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from departments import access
from departments.models import Department, Region, User
from departments.permissions import Action
from plans.models import Plan
from targets.models import Target
from tasks.models.task import Milestone, Task
from tasks.models.units import units_within
from tasks.rules.supervising import (
    BEFORE_ISSUE,
    BY_RULE,
    ENDED,
    LEVELS,
    NEEDS_TEXT,
    OPEN,
    WITH_UNIT,
    Level,
    SupervisionState,
    SupervisionVerb,
)

Passed = Any
"""What Django gives to a row: of many kinds, handed on as it comes."""

_BEFORE_ISSUE = [state.value for state in BEFORE_ISSUE]
_ENDED = [state.value for state in ENDED]
_OPEN = [state.value for state in OPEN]
_WITH_UNIT = [state.value for state in WITH_UNIT]


class SupervisionNoticeQuerySet(models.QuerySet["SupervisionNotice"]):
    """Questions about notices."""

    def visible_to(self, user: User) -> Self:
        """Notices that the person may see. The plan office sees all notices about the own region's plans; the
        leadership sees the issued ones, about these plans and those of its parts; a unit sees what it is asked to
        do."""
        reached = access.reach(user, Action.VIEW_SUPERVISION)
        units = units_within(reached).values("pk")
        asked = self.model.support.through.objects.filter(department__in=units).values("supervisionnotice")
        seen = Q(lead__in=units) | Q(pk__in=asked) | Q(plan__region__in=reached.realm)
        issued = ~Q(state__in=_BEFORE_ISSUE) & seen
        return self.filter(issued | Q(plan__region__in=access.reach(user, Action.ISSUE_SUPERVISION).seats))

    def open(self) -> Self:
        """Notices that have not come to their end."""
        return self.filter(state__in=_OPEN)

    def with_unit(self) -> Self:
        """Notices that wait for the unit."""
        return self.filter(state__in=_WITH_UNIT)

    def overdue(self, today: date) -> Self:
        """Notices that wait for the unit although their limit has passed."""
        return self.with_unit().filter(due__lt=today)

    def of_department(self, department: Department) -> Self:
        """Notices that the department leads or supports."""
        asked = self.model.support.through.objects.filter(department=department).values("supervisionnotice")
        return self.filter(Q(lead=department) | Q(pk__in=asked))

    def listed(self) -> Self:
        """Loads with the notices all that a list shows."""
        return self.select_related("plan", "lead__region", "target", "task").prefetch_related("support")


class SupervisionNotice(models.Model):
    """A matter that is pressed: who (主办, 协办) is to do what about a target or a task, by when.

    `grounds` says why it is, as `{"kind", "details"}`: the sentence is made in the reader's language. `matter`
    names what it is about, the same every day, and `evidence` the last day that speaks for it: a matter is proposed
    once while it is open, and again only upon later evidence. Numbers run in the `register` of a region. `due` runs
    anew in each round of rework; `level` is to whom this round has been escalated.
    """

    class StateChoices(models.TextChoices):
        PROPOSED = SupervisionState.PROPOSED.value, pgettext_lazy("supervision", "proposed")
        REJECTED = SupervisionState.REJECTED.value, pgettext_lazy("supervision", "not taken up")
        ISSUED = SupervisionState.ISSUED.value, pgettext_lazy("supervision", "to be received")
        RECEIVED = SupervisionState.RECEIVED.value, pgettext_lazy("supervision", "in hand")
        ANSWERED = SupervisionState.ANSWERED.value, pgettext_lazy("supervision", "to be verified")
        REWORK = SupervisionState.REWORK.value, pgettext_lazy("supervision", "back for rework")
        VERIFIED = SupervisionState.VERIFIED.value, pgettext_lazy("supervision", "verified, to be closed")
        CLOSED = SupervisionState.CLOSED.value, pgettext_lazy("supervision", "closed")
        WITHDRAWN = SupervisionState.WITHDRAWN.value, pgettext_lazy("supervision", "withdrawn")

    class Urgency(models.TextChoices):
        URGENT = "urgent", _("urgent")
        ORDINARY = "ordinary", _("ordinary")
        DIFFICULT = "difficult", _("difficult")

    class Origin(models.TextChoices):
        RULE = "rule", _("proposed by rule")
        COORDINATOR = "coordinator", _("written by the plan office")
        COMMENT = "comment", _("from a leader's comment")

    class LevelChoices(models.TextChoices):
        REVIEWER = Level.REVIEWER.value, _("the unit's reviewer")
        LEADER = Level.LEADER.value, _("the leadership")

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="supervision", verbose_name=_("plan"))
    target = models.ForeignKey(
        Target, models.PROTECT, null=True, blank=True, related_name="supervision", verbose_name=_("target")
    )
    task = models.ForeignKey(
        Task, models.PROTECT, null=True, blank=True, related_name="supervision", verbose_name=_("task")
    )
    milestone = models.ForeignKey(
        Milestone, models.SET_NULL, null=True, blank=True, related_name="supervision", verbose_name=_("milestone")
    )
    lead = models.ForeignKey(
        Department, models.PROTECT, null=True, blank=True, related_name="supervision", verbose_name=_("leading unit")
    )
    support = models.ManyToManyField(
        Department, blank=True, related_name="supported_supervision", verbose_name=_("supporting units")
    )
    title = models.CharField(_("title"), max_length=120)
    demand = models.TextField(_("what is asked"), max_length=2000, validators=[MaxLengthValidator(2000)])
    urgency = models.CharField(_("urgency"), max_length=10, choices=Urgency.choices, default=Urgency.ORDINARY)
    days = models.PositiveSmallIntegerField(_("limit in working days"))
    origin = models.CharField(_("origin"), max_length=12, choices=Origin.choices)
    grounds = models.JSONField(_("grounds"), default=dict, blank=True)
    matter = models.CharField(_("matter"), max_length=80, blank=True)
    evidence = models.DateField(_("evidence up to"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=StateChoices.choices, default=SupervisionState.PROPOSED.value
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    number = models.CharField(_("number"), max_length=60, blank=True)
    register = models.ForeignKey(
        Region,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        verbose_name=_("register of the region"),
    )
    year = models.PositiveSmallIntegerField(_("year of the number"), null=True, blank=True)
    serial = models.PositiveIntegerField(_("running number"), null=True, blank=True)
    issued_at = models.DateTimeField(_("issued at"), null=True, blank=True)
    due = models.DateField(_("due"), null=True, blank=True)
    round = models.PositiveSmallIntegerField(_("round"), default=1)
    level = models.CharField(_("escalated to"), max_length=8, choices=LevelChoices.choices, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("answered by")
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = SupervisionNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("supervision notice")
        verbose_name_plural = _("supervision notices")
        ordering = ["-id"]
        indexes = [models.Index(fields=["state", "due"], name="supervision_state_due")]
        constraints = [
            models.CheckConstraint(
                name="supervision_target_or_task",
                condition=Q(target__isnull=False, task__isnull=True, milestone__isnull=True)
                | Q(target__isnull=True, task__isnull=False),
                violation_error_message=_("A notice is about one target or one task."),
            ),
            models.CheckConstraint(
                name="supervision_numbered_iff_issued",
                condition=Q(
                    state__in=_BEFORE_ISSUE,
                    number="",
                    register__isnull=True,
                    year__isnull=True,
                    serial__isnull=True,
                    issued_at__isnull=True,
                    due__isnull=True,
                    level="",
                )
                | (
                    ~Q(state__in=_BEFORE_ISSUE)
                    & ~Q(number="")
                    & Q(
                        register__isnull=False,
                        year__isnull=False,
                        serial__isnull=False,
                        issued_at__isnull=False,
                        due__isnull=False,
                        lead__isnull=False,
                    )
                ),
            ),
            models.CheckConstraint(
                name="supervision_ended_at_iff_ended",
                condition=Q(state__in=_ENDED, ended_at__isnull=False)
                | (~Q(state__in=_ENDED) & Q(ended_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="supervision_answered_by_somebody",
                condition=~Q(
                    state__in=[
                        SupervisionState.ANSWERED.value,
                        SupervisionState.VERIFIED.value,
                        SupervisionState.CLOSED.value,
                    ]
                )
                | Q(answered_by__isnull=False),
            ),
            models.CheckConstraint(
                name="supervision_matter_iff_rule",
                condition=Q(origin="rule", evidence__isnull=False) & ~Q(matter="")
                | (~Q(origin="rule") & Q(matter="", evidence__isnull=True)),
            ),
            models.CheckConstraint(name="supervision_some_days", condition=Q(days__gte=1, round__gte=1)),
            models.UniqueConstraint(fields=["register", "year", "serial"], name="supervision_number_once"),
            models.UniqueConstraint(
                fields=["matter"], condition=Q(state__in=_OPEN) & ~Q(matter=""), name="supervision_matter_open_once"
            ),
            models.UniqueConstraint(
                fields=["matter", "evidence"], condition=~Q(matter=""), name="supervision_evidence_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def subject(self) -> Target | Task:
        """The promise it is about."""
        subject = self.target or self.task
        assert subject is not None  # noqa: S101 - the database keeps it
        return subject

    @property
    def waits_for_unit(self) -> bool:
        """Whether the unit has to do something."""
        return self.state in _WITH_UNIT

    @property
    def is_open(self) -> bool:
        """Whether it has not come to its end."""
        return self.state in _OPEN


class SupervisionStepQuerySet(models.QuerySet["SupervisionStep"]):
    """Steps are added and read."""

    def update(self, **values: Passed) -> NoReturn:
        raise TypeError("A step is never changed.")

    def delete(self) -> NoReturn:
        raise TypeError("A step is never deleted.")


class SupervisionStep(models.Model):
    """One step of a notice's way, append-only: what was done, by whom (empty: by rule), from where to where, and the
    words that go with it. `level` says to whom an escalation went; each level is told once a round."""

    class VerbChoices(models.TextChoices):
        PROPOSE = SupervisionVerb.PROPOSE.value, pgettext_lazy("step of supervision", "proposed")
        EDIT = SupervisionVerb.EDIT.value, pgettext_lazy("step of supervision", "edited")
        REJECT = SupervisionVerb.REJECT.value, pgettext_lazy("step of supervision", "not taken up")
        ISSUE = SupervisionVerb.ISSUE.value, pgettext_lazy("step of supervision", "issued")
        RECEIVE = SupervisionVerb.RECEIVE.value, pgettext_lazy("step of supervision", "received")
        ANSWER = SupervisionVerb.ANSWER.value, pgettext_lazy("step of supervision", "answered")
        RETURN = SupervisionVerb.RETURN.value, pgettext_lazy("step of supervision", "sent back for rework")
        VERIFY = SupervisionVerb.VERIFY.value, pgettext_lazy("step of supervision", "verified")
        CLOSE = SupervisionVerb.CLOSE.value, pgettext_lazy("step of supervision", "closed")
        WITHDRAW = SupervisionVerb.WITHDRAW.value, pgettext_lazy("step of supervision", "withdrawn")
        URGE = SupervisionVerb.URGE.value, pgettext_lazy("step of supervision", "urged")
        ESCALATE = SupervisionVerb.ESCALATE.value, pgettext_lazy("step of supervision", "escalated")

    notice = models.ForeignKey(
        SupervisionNotice, models.PROTECT, related_name="steps", verbose_name=_("supervision notice")
    )
    verb = models.CharField(_("step"), max_length=10, choices=VerbChoices.choices)
    from_state = models.CharField(_("from"), max_length=10, choices=SupervisionNotice.StateChoices.choices, blank=True)
    to_state = models.CharField(_("to"), max_length=10, choices=SupervisionNotice.StateChoices.choices)
    round = models.PositiveSmallIntegerField(_("round"))
    level = models.CharField(
        _("escalated to"), max_length=8, choices=SupervisionNotice.LevelChoices.choices, blank=True
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"))
    text = models.TextField(_("words"), max_length=2000, blank=True)
    due = models.DateField(_("due"), null=True)

    objects = SupervisionStepQuerySet.as_manager()

    class Meta:
        verbose_name = _("step of supervision")
        verbose_name_plural = _("steps of supervision")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="supervision_step_text_where_due",
                condition=~Q(verb__in=sorted(verb.value for verb in NEEDS_TEXT)) | ~Q(text=""),
            ),
            models.CheckConstraint(
                name="supervision_step_by_somebody",
                condition=Q(by__isnull=False) | Q(verb__in=[verb.value for verb in BY_RULE]),
            ),
            models.CheckConstraint(
                name="supervision_step_level_iff_escalated",
                condition=Q(verb=SupervisionVerb.ESCALATE.value, level__in=[level.value for level in LEVELS])
                | (~Q(verb=SupervisionVerb.ESCALATE.value) & Q(level="")),
            ),
            models.UniqueConstraint(
                fields=["notice", "round", "level"],
                condition=Q(verb=SupervisionVerb.ESCALATE.value),
                name="supervision_escalated_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice_id} · {self.verb} · {self.at:%Y-%m-%d %H:%M}"

    def save(self, *args: Passed, **kwargs: Passed) -> None:
        """Adds the row; refuses to change one that exists."""
        if self.pk is not None:
            raise TypeError("A step is never changed.")
        super().save(*args, **kwargs)

    def delete(self, *args: Passed, **kwargs: Passed) -> tuple[int, dict[str, int]]:
        raise TypeError("A step is never deleted.")
