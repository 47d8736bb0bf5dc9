"""What there is to remind people of in supervision: notices to answer, proposals and answers to decide, what is late.

Read in a constant number of queries, however many people and notices.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.urls import reverse
from django.utils import timezone

from departments import access
from departments.models import User
from departments.permissions import Action
from departments.rules.reminding import Matter, NoticePart, ReminderRule
from tasks.models import Comment, SupervisionNotice
from tasks.reading.findings import pressed_plans
from tasks.rules.supervising import WITH_OFFICE, WITH_UNIT, Level, SupervisionState
from tasks.services.commenting import address_of_comment
from tasks.services.commenting import details_of_comment as comment_details
from tasks.services.notices import details_of_supervision_notice, link_to
from tasks.services.supervision import may_act_for_plan_or_unit
from tasks.supervision.inactivity import SilentUnit, silent_units_over_plans

ANSWER = ReminderRule(before=(1,), after=(1,), every=3, apart=1)
"""A notice that waits for the unit: the day before its limit, the day after, then every three days."""

ASKED = ReminderRule(before=(3, 1), after=(1,), every=7, apart=2)
"""An answer that a leader asked for: 3 days and 1 day before, the day after, then weekly."""

DECIDE = ReminderRule(before=(), after=(1,), every=7, apart=2)
"""What waits for the plan office: the day after the oldest came, then weekly."""

SILENCE = ReminderRule(before=(), after=(0,), every=30)
"""Who never updates: at once, then every thirty days."""

LATE = ReminderRule(before=(), after=(7,), every=7)
"""What the leadership has been told of already: weekly for as long as it is not answered."""


def supervision_matters_of(people: Sequence[User], today: date) -> dict[int, list[Matter]]:
    """What each person has to do, by the person's id (a provider for `departments.notices.matters`)."""
    states = [one.value for one in (*WITH_UNIT, *WITH_OFFICE)]
    found = list(SupervisionNotice.objects.filter(state__in=states).select_related("plan", "lead").order_by("pk"))
    with_unit = [one for one in found if one.waits_for_unit]
    with_office = [one for one in found if not one.waits_for_unit]
    late = [one for one in with_unit if one.level == Level.LEADER.value]
    silent = silent_units_over_plans(pressed_plans(today), today)
    comments = list(Comment.objects.waiting().listed().order_by("pk"))
    return {
        person.pk: [
            *_answering(person, with_unit),
            *_asked(person, comments),
            *_deciding(person, with_office),
            *_leading(person, late),
            *_waiting(person, comments, today),
            *_silent(person, silent, today),
        ]
        for person in people
    }


def _answering(person: User, notices: Sequence[SupervisionNotice]) -> Iterator[Matter]:
    for one in notices:
        if one.due is not None and may_act_for_plan_or_unit(person, Action.ANSWER_SUPERVISION, one.plan, one.lead):
            part = NoticePart("supervision_waits", details_of_supervision_notice(one, by=None, text=""), link_to(one))
            yield Matter(f"supervision:{one.pk}:{one.round}", one.due, ANSWER, part)


def _asked(person: User, comments: Sequence[Comment]) -> Iterator[Matter]:
    for one in comments:
        if one.due is not None and may_act_for_plan_or_unit(
            person, Action.ANSWER_COMMENTS, one.subject.plan, one.asked
        ):
            part = NoticePart("comment_asked", comment_details(one), address_of_comment(one))
            yield Matter(f"comment:{one.pk}", one.due, ASKED, part)


def _waiting(person: User, comments: Sequence[Comment], today: date) -> Iterator[Matter]:
    """For whoever wrote them: comments that were not answered in time, in one line."""
    late = [one for one in comments if one.author_id == person.pk and one.due is not None and one.due < today]
    if late:
        details = {"number": len(late), "titles": [str(one.subject) for one in late[:3]]}
        since = min(one.due for one in late if one.due is not None)
        yield Matter("comments_late", since, DECIDE, NoticePart("comments_late", details, reverse("comments")))


def _deciding(person: User, notices: Sequence[SupervisionNotice]) -> Iterator[Matter]:
    seats = access.reach(person, Action.VERIFY_SUPERVISION).seats
    for kind, states in _DECISIONS.items():
        waiting = [one for one in notices if one.state in states and one.plan.region_id in seats]
        if waiting:
            since = timezone.localdate(min(one.issued_at or one.proposed_at for one in waiting))
            yield _in_one_line(kind, waiting, since, DECIDE, f"?state={states[0]}")


_DECISIONS = {
    "supervision_proposed": (SupervisionState.PROPOSED.value,),
    "supervision_to_verify": (SupervisionState.ANSWERED.value, SupervisionState.VERIFIED.value),
}
"""The line that is said of notices in these states."""


def _leading(person: User, notices: Sequence[SupervisionNotice]) -> Iterator[Matter]:
    seats = access.reach(person, Action.VIEW_SUPERVISION).seats
    if own := [one for one in notices if one.plan.region_id in seats]:
        since = min(one.due for one in own if one.due is not None)
        yield _in_one_line("supervision_late", own, since, LATE, "?overdue=on")


def _silent(person: User, silent: Sequence[SilentUnit], today: date) -> Iterator[Matter]:
    """Units that never update: their reviewer hears of it first, the plan office of the plan that asks, or of the
    unit's own region, some days later."""
    own, limits = _concerning(person, silent)
    if own:
        longest = max(own, key=lambda one: one.days - limits[one.unit.pk])
        since = today - timedelta(days=longest.days - limits[longest.unit.pk])
        names = [one.unit.short_name for one in own[:3]]
        details = {"number": len(own), "titles": names, "days": min(limits[one.unit.pk] for one in own)}
        link = reverse("silence", args=[own[0].terms.plan.code])
        yield Matter("silence", since, SILENCE, NoticePart("silence", details, link))


def _concerning(person: User, silent: Sequence[SilentUnit]) -> tuple[list[SilentUnit], dict[int, int]]:
    """The silent units of which the person hears, and after how many days of each."""
    units = access.reach(person, Action.VIEW_SILENCE).departments
    seats = access.reach(person, Action.ISSUE_SUPERVISION).seats
    office = {one.unit.pk for one in silent if {one.terms.plan.region_id, one.unit.region_id} & seats}
    limits = {one.unit.pk: one.terms.limit + (one.terms.further if one.unit.pk in office else 0) for one in silent}
    told = [one for one in silent if one.unit.pk in office or one.unit.pk in units]
    return [one for one in told if one.days >= limits[one.unit.pk]], limits


def _in_one_line(
    kind: str, notices: Sequence[SupervisionNotice], since: date, rule: ReminderRule, query: str
) -> Matter:
    details: dict[str, object] = {"number": len(notices), "titles": [one.title for one in notices[:3]]}
    return Matter(kind, since, rule, NoticePart(kind, details, reverse("supervision") + query))
