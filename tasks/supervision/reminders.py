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
    states = [state.value for state in (*WITH_UNIT, *WITH_OFFICE)]
    found = list(SupervisionNotice.objects.filter(state__in=states).select_related("plan", "lead").order_by("pk"))
    with_unit = [notice for notice in found if notice.waits_for_unit]
    with_office = [notice for notice in found if not notice.waits_for_unit]
    late = [notice for notice in with_unit if notice.level == Level.LEADER.value]
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
    for notice in notices:
        if notice.due is not None and may_act_for_plan_or_unit(
            person, Action.ANSWER_SUPERVISION, notice.plan, notice.lead
        ):
            details = details_of_supervision_notice(notice, by=None, text="")
            part = NoticePart("supervision_waits", details, link_to(notice))
            yield Matter(f"supervision:{notice.pk}:{notice.round}", notice.due, ANSWER, part)


def _asked(person: User, comments: Sequence[Comment]) -> Iterator[Matter]:
    for comment in comments:
        if comment.due is not None and may_act_for_plan_or_unit(
            person, Action.ANSWER_COMMENTS, comment.subject.plan, comment.asked
        ):
            part = NoticePart("comment_asked", comment_details(comment), address_of_comment(comment))
            yield Matter(f"comment:{comment.pk}", comment.due, ASKED, part)


def _waiting(person: User, comments: Sequence[Comment], today: date) -> Iterator[Matter]:
    """Tells a leader which of the own comments were not answered in time, in one line."""
    late = [
        comment
        for comment in comments
        if comment.author_id == person.pk and comment.due is not None and comment.due < today
    ]
    if late:
        details = {"number": len(late), "titles": [str(comment.subject) for comment in late[:3]]}
        since = min(comment.due for comment in late if comment.due is not None)
        yield Matter("comments_late", since, DECIDE, NoticePart("comments_late", details, reverse("comments")))


def _deciding(person: User, notices: Sequence[SupervisionNotice]) -> Iterator[Matter]:
    seats = access.reach(person, Action.VERIFY_SUPERVISION).seats
    for kind, states in _DECISIONS.items():
        waiting = [notice for notice in notices if notice.state in states and notice.plan.region_id in seats]
        if waiting:
            since = timezone.localdate(min(notice.issued_at or notice.proposed_at for notice in waiting))
            yield _in_one_line(kind, waiting, since, DECIDE, f"?state={states[0]}")


_DECISIONS = {
    "supervision_proposed": (SupervisionState.PROPOSED.value,),
    "supervision_to_verify": (SupervisionState.ANSWERED.value, SupervisionState.VERIFIED.value),
}
"""The kind of the line → the states of the notices that it counts."""


def _leading(person: User, notices: Sequence[SupervisionNotice]) -> Iterator[Matter]:
    seats = access.reach(person, Action.VIEW_SUPERVISION).seats
    if own := [notice for notice in notices if notice.plan.region_id in seats]:
        since = min(notice.due for notice in own if notice.due is not None)
        yield _in_one_line("supervision_late", own, since, LATE, "?overdue=on")


def _silent(person: User, silent: Sequence[SilentUnit], today: date) -> Iterator[Matter]:
    """Tells of units that never update: their reviewer hears of it first, the plan office of the plan that asks, or of
    the unit's own region, some days later."""
    own, limits = _concerning(person, silent)
    if own:
        longest = max(own, key=lambda silence: silence.days - limits[silence.unit.pk])
        since = today - timedelta(days=longest.days - limits[longest.unit.pk])
        names = [silence.unit.short_name for silence in own[:3]]
        details = {"number": len(own), "titles": names, "days": min(limits[silence.unit.pk] for silence in own)}
        link = reverse("silence", args=[own[0].terms.plan.code])
        yield Matter("silence", since, SILENCE, NoticePart("silence", details, link))


def _concerning(person: User, silent: Sequence[SilentUnit]) -> tuple[list[SilentUnit], dict[int, int]]:
    """Finds the silent units of which the person hears, and after how many days of each."""
    units = access.reach(person, Action.VIEW_SILENCE).departments
    seats = access.reach(person, Action.ISSUE_SUPERVISION).seats
    office = {silence.unit.pk for silence in silent if {silence.terms.plan.region_id, silence.unit.region_id} & seats}
    limits = {
        silence.unit.pk: silence.terms.limit + (silence.terms.further if silence.unit.pk in office else 0)
        for silence in silent
    }
    told = [silence for silence in silent if silence.unit.pk in office or silence.unit.pk in units]
    return [silence for silence in told if silence.days >= limits[silence.unit.pk]], limits


def _in_one_line(
    kind: str, notices: Sequence[SupervisionNotice], since: date, rule: ReminderRule, query: str
) -> Matter:
    details: dict[str, object] = {"number": len(notices), "titles": [notice.title for notice in notices[:3]]}
    return Matter(kind, since, rule, NoticePart(kind, details, reverse("supervision") + query))
