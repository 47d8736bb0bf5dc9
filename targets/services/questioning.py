"""A question to a unit about figures that look odd, and the unit's answer, which closes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from departments import access
from departments.models import Department, User
from departments.permissions import PERMISSIONS, Action
from departments.rules.reminding import NoticePart
from departments.services.accounts import record
from departments.services.notices import notify
from plans.models import Plan
from plans.periods import Month
from targets.data_quality.signals import SignalResult
from targets.models import DataQuestion
from targets.models.question import LONGEST_ANSWER, LONGEST_NOTE

ASKED, ANSWERED = "data_question", "data_answer"


@dataclass(frozen=True, slots=True)
class SignalOfMonth:
    """A signal as it is found in a plan's month: among how many tests, in which figures, and whom it concerns."""

    plan: Plan
    month: Month
    result: SignalResult
    tests: int
    unit: Department | None
    figures: Sequence[Mapping[str, str]]


@transaction.atomic
def ask_about_data(found: SignalOfMonth, *, by: User, note: str = "") -> DataQuestion:
    """Asks the unit to explain; the signal is kept as it was found. ValidationError if that was asked already, if
    nobody has been named who reports the figures, or if the note is too long."""
    access.demand_acting(by, Action.ASK_ABOUT_DATA, found.plan.region_id)
    if found.unit is None:
        raise ValidationError(_("Nobody has been named who reports these figures, so nobody can be asked."))
    note = _within(note, LONGEST_NOTE)
    try:
        with transaction.atomic():
            made = DataQuestion.objects.create(**_as_found(found), note=note, asked_by=by, asked_at=timezone.now())
    except IntegrityError as error:
        raise ValidationError(_("A colleague has asked about this already."), code="asked_already") from error
    told = {"plan": found.plan.code, "month": str(found.month), "department": found.unit.short_name}
    record("data_question.asked", by=by, subject=made, **told)
    _tell(_people_of(found.unit), made, ASKED, by)
    return made


def _as_found(found: SignalOfMonth) -> dict[str, object]:
    result = found.result
    return {
        "plan": found.plan,
        "month": found.month,
        "kind": result.kind.value,
        "subject": result.about.name,
        "unit": found.unit,
        "indicator_id": result.about.indicator_id,
        "region_id": result.about.region_id,
        "figures": [dict(figure) for figure in found.figures],
        "facts": dict(result.facts),
        "chance": _exact(result.chance),
        "together": None if result.chance is None else _exact(result.together),
        "tests": found.tests,
    }


def _exact(chance: float | None) -> Decimal | None:
    """As the page has shown it, to the last digit."""
    return None if chance is None else Decimal(str(chance))


@transaction.atomic
def answer_data_question(question: DataQuestion, *, by: User, answer: str) -> DataQuestion:
    """The unit that was asked answers, once; that closes the question. PermissionDenied for others, ValidationError for
    an empty answer, one that is too long, and where a colleague was faster."""
    found = (
        DataQuestion.objects.select_for_update(of=("self",), no_key=True)
        .select_related("unit", "plan", "asked_by")
        .get(pk=question.pk)
    )
    if not DataQuestion.objects.asked_of(by).filter(pk=found.pk).exists():
        raise access.refusal()
    if not found.is_open:
        raise ValidationError(_("A colleague has answered already. Look at the answer below the question."))
    found.answer = _within(answer, LONGEST_ANSWER)
    if not found.answer:
        raise ValidationError(_("Write an answer: how the figures came about, and from which records."))
    found.answered_by, found.answered_at = by, timezone.now()
    found.save(update_fields=["answer", "answered_by", "answered_at"])
    told = {"plan": found.plan.code, "month": str(found.month), "department": found.unit.short_name}
    record("data_question.answered", by=by, subject=found, **told)
    _tell([found.asked_by], found, ANSWERED, by)
    return found


def _within(text: str, limit: int) -> str:
    text = text.strip()
    if len(text) > limit:
        told = {"length": len(text), "limit": limit}
        raise ValidationError(_("The text has %(length)s characters. Shorten it to %(limit)s.") % told)
    return text


def _people_of(unit: Department) -> list[User]:
    """Active people who answer for the unit."""
    roles = [role.value for role in PERMISSIONS[Action.ANSWER_DATA_QUESTIONS]]
    held = {"memberships__department": unit, "memberships__role__in": roles}
    return list(User.objects.filter(is_active=True, **held).distinct().order_by("pk"))


def _tell(people: Iterable[User], question: DataQuestion, kind: str, by: User) -> None:
    details = {"month": str(question.month), "kind": question.kind, "unit": question.unit.short_name, "person": str(by)}
    part = NoticePart(kind, details, reverse("data_question", args=[question.pk]))
    subject = f"{question._meta.label_lower}:{question.pk}"
    for person in people:
        if person != by:
            notify(person, kind=kind, subject=subject, part=part, now=timezone.now())
