"""The history of a light: on which day it changed, from what to what, and which entries made it change.

A light follows from the figures that are official, so it is judged anew for the end of every day on which one of them
became official, was corrected or withdrawn: the same computation as for an earlier day, from entries that are read
once. The rule is the one that judges the month today, and the milestones are those of today.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from departments.models import Region, User
from plans.periods import Month
from reviews.workflow import ReviewState
from targets.judging.dependencies import decisive_months
from targets.judging.loading import Loader, Regions, Row, SeriesKey
from targets.judging.recompute import replay_month
from targets.models import Attainment, Observation, Revision, Target
from targets.wording.lights import Light, light_of_attainment

DAYS = 90
"""So many days are looked back at, from the newest."""
NAMED = 3
"""So many entries of a day are named, of those whose history the person may read; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Cause:
    """An entry that became official, or was withdrawn, on the day."""

    revision: Revision
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class LightChange:
    """A light that changed on a day, and the attainment as it was known at its end."""

    day: date
    before: Light
    after: Light
    attainment: Attainment
    causes: Sequence[Cause]
    further: int


@dataclass(frozen=True, slots=True)
class History:
    """The changes, newest first; `since`: what was before this day is not told, because there are too many days."""

    changes: Sequence[LightChange]
    since: date | None


@dataclass(frozen=True, slots=True)
class _Spell:
    """A figure, and the days on which it became official and was official no more (None: it still was)."""

    row: Row
    begins: date
    ends: date | None
    withdrawn: bool


def history(target: Target, region: Region, month: Month, user: User, until: datetime) -> History:
    """How the light of a month came to be what it was at a moment; seven queries at most. `target` with its version and
    rules."""
    regions, target = Regions.load(), target.in_month(month)
    spells = list(_spells(decisive_months(target, region.pk, month, regions), until))
    known = sorted({day for spell in spells for day in (spell.begins, spell.ends) if day is not None})
    days = known[-DAYS:]
    if not days:
        return History((), None)
    moments = [days[0] - timedelta(days=1), *days]
    judged = replay_month(target, region.pk, month, regions, (_official_on(spells, moment) for moment in moments))
    states = list(_with_lights(target, judged))
    turned = [
        (day, before, after, attainment)
        for day, (_old, before), (attainment, after) in zip(days, states, states[1:], strict=False)
        if (before.colour, before.shape) != (after.colour, after.shape)
    ]
    causes = _causes({day: _of_day(spells, day) for day, *_rest in turned}, user)
    changes = [LightChange(*turn, *causes[turn[0]]) for turn in reversed(turned)]
    return History(changes, days[0] if len(known) > DAYS else None)


def _with_lights(target: Target, judged: Iterable[Attainment]) -> Iterator[tuple[Attainment, Light]]:
    for attainment in judged:
        attainment.target = target
        yield attainment, light_of_attainment(attainment)


def _spells(months: Mapping[SeriesKey, int], until: datetime) -> Iterator[_Spell]:
    """Every figure of the series, each up to its month (1 to 12), that was ever official until a moment, in one
    query."""
    years = [key.year for key in months]
    rows = Revision.objects.filter(
        official_at__lte=until,
        observation__indicator__in={key.indicator_id for key in months},
        observation__region__in={key.region_id for key in months},
        observation__month__range=(Month(min(years), 1), Month(max(years), 12)),
    ).values_list(
        *("observation__indicator_id", "observation__region_id", "observation__month"),
        *("value", "numerator", "denominator", "occurred_on", "pk", "official_at", "ended_at", "state"),
    )
    for indicator_id, region_id, of, value, numerator, denominator, day, pk, begins, ends, state in rows.order_by("pk"):
        if of.number <= months.get(SeriesKey(indicator_id, region_id, of.year), 0):
            row = (indicator_id, region_id, of.key, value, numerator, denominator, day, pk)
            ended = timezone.localdate(ends) if ends is not None and ends <= until else None
            yield _Spell(row, timezone.localdate(begins), ended, state == ReviewState.WITHDRAWN.value)


def _official_on(spells: Sequence[_Spell], day: date) -> Loader:
    """A loader of what was official at the end of a day."""
    there = [spell.row for spell in spells if spell.begins <= day and (spell.ends is None or spell.ends > day)]
    return lambda keys: (row for row in there if SeriesKey(row[0], row[1], row[2] // 100) in keys)


def _of_day(spells: Iterable[_Spell], day: date) -> dict[int, bool]:
    """The entries that became official on the day (False) or were withdrawn on it (True)."""
    found = {}
    for spell in spells:
        if spell.withdrawn and spell.ends == day:
            found[spell.row[7]] = True
        elif spell.begins == day:
            found[spell.row[7]] = False
    return found


def _causes(by_day: dict[date, dict[int, bool]], user: User) -> dict[date, tuple[list[Cause], int]]:
    """Day → the newest of its entries, and how many more there are; four queries, however many days."""
    every = {pk for entries in by_day.values() for pk in entries}
    seen = Observation.objects.visible_to(user).filter(revisions__in=every)
    visible = set(Revision.objects.filter(pk__in=every, observation__in=seen).values_list("pk", flat=True))
    named = {day: sorted(visible.intersection(entries), reverse=True)[:NAMED] for day, entries in by_day.items()}
    related = ("observation__indicator", "observation__region", "author", "approved_by", "source__by")
    wanted = {pk for listed in named.values() for pk in listed}
    revisions = Revision.objects.select_related(*related).with_decisions().in_bulk(wanted)
    return {
        day: ([Cause(revisions[pk], by_day[day][pk]) for pk in listed], len(by_day[day]) - len(listed))
        for day, listed in named.items()
    }
