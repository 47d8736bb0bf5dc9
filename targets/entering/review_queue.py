"""What waits for a decision: each entry beside the official figure, and the light it would bring.

The lights are computed once for all entries of a department and month.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Context, Decimal
from itertools import groupby

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from departments import access
from departments.models import Department, User
from departments.permissions import Action
from plans.periods import Month
from targets.arithmetic.quantities import rounded
from targets.entering.light_effects import LightEffect, effects_of_attainments
from targets.expected.closed_months import ClosedMonths, closed_in
from targets.judging.recompute import attainments_if
from targets.messages import ODDITIES
from targets.models import Figures, Indicator, Observation, Revision
from targets.models.observation import RevisionQuerySet
from targets.reading.selectors import would_be_seen
from targets.wording.number_texts import number_in_full, number_without_zeros, with_unit

AT_A_TIME = 300
"""How many entries one page shows; more are named and follow once these are decided."""

_EXACT = Context(prec=60)


@dataclass(frozen=True, slots=True)
class FigureTexts:
    """A figure as text; `parts` are a ratio's numerator and denominator in their units."""

    figure: str = ""
    parts: str = ""


@dataclass(frozen=True, slots=True)
class FigureChange:
    """The official figure, the offered one, and by how much they differ."""

    old: FigureTexts
    new: FigureTexts
    difference: str


@dataclass(frozen=True, slots=True)
class QueuedEntry:
    """One entry that waits. `overtaken`: a newer figure has become official meanwhile, by an import; `closed`: a plan
    that asks for it has closed its month."""

    revision: Revision
    change: FigureChange
    oddities: Sequence[str | Promise]
    own: bool
    overtaken: bool
    closed: bool
    effects: list[LightEffect] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ReviewGroup:
    """The entries of one department and month."""

    department: Department | None
    month: Month
    items: Sequence[QueuedEntry]

    @property
    def approvable(self) -> list[QueuedEntry]:
        """What the person may approve now."""
        return [item for item in self.items if not (item.own or item.overtaken or item.closed)]

    @property
    def locked(self) -> bool:
        """Whether all of them lie in a closed month."""
        return all(item.closed for item in self.items)

    @property
    def own(self) -> int:
        return sum(item.own for item in self.items)


@dataclass(frozen=True, slots=True)
class Queue:
    """All groups; `further`: there is more than one page shows."""

    groups: Sequence[ReviewGroup]
    further: bool

    @property
    def number(self) -> int:
        return sum(len(group.items) for group in self.groups)


def entries_waiting_for(user: User) -> RevisionQuerySet:
    """The submitted entries that the person decides about, own ones among them."""
    reached = access.reach(user, Action.REVIEW_OBSERVATIONS)
    found = Revision.objects.filter(state=Revision.StateChoices.SUBMITTED)
    return found.filter(
        Q(observation__indicator__department__in=reached.departments) | Q(observation__region__in=reached.regions)
    )


def review_queue_for(user: User) -> Queue:
    """Everything that waits for the person, by month and department."""
    rows = list(
        entries_waiting_for(user)
        .select_related("observation__indicator__department", "observation__region", "source")
        .with_authors()
        .with_decisions()
        .prefetch_related("attachments")
        .order_by(
            "observation__month",
            "observation__indicator__department__code",
            "observation__indicator__code",
            "observation__region__code",
            "id",
        )[: AT_A_TIME + 1]
    )
    return Queue(_groups(rows[:AT_A_TIME], user), len(rows) > AT_A_TIME)


def _groups(rows: Sequence[Revision], user: User) -> list[ReviewGroup]:
    closed = closed_in({row.observation.month for row in rows})
    groups = []
    for (month, _unit), lot in groupby(rows, _group_key):
        items = [_item(row, user, closed) for row in lot]
        unit = items[0].revision.observation.indicator.department
        groups.append(ReviewGroup(unit, month, items))
    _add_effects(groups, user)
    return groups


def _group_key(row: Revision) -> tuple[Month, int | None]:
    return row.observation.month, row.observation.indicator.department_id


def _item(row: Revision, user: User, closed: ClosedMonths) -> QueuedEntry:
    odd = [ODDITIES[code] for code in row.oddities if code in ODDITIES]
    overtaken = row.pk < (row.observation.official_id or 0)
    changed = compare_figures(row.observation.indicator, row.observation, row)
    return QueuedEntry(row, changed, odd, row.is_typed_by(user), overtaken, closed.plan_of(row.entry.key) is not None)


# --- Figures as text -------------------------------------------------------------------------------------------------


def compare_figures(indicator: Indicator, old: Figures, new: Figures) -> FigureChange:
    """Two figures of an indicator side by side; figures that differ look different."""
    before, after = amount_in_unit(indicator, old), amount_in_unit(indicator, new)
    if before is None or after is None or not indicator.is_ratio:
        return FigureChange(
            figure_texts_of(indicator, old), figure_texts_of(indicator, new), _difference(indicator, before, after)
        )
    shown_before, shown_after = _apart(before, after, indicator.decimals)
    return FigureChange(
        FigureTexts(with_unit(number_in_full(shown_before), indicator.unit), _parts(indicator, old)),
        FigureTexts(with_unit(number_in_full(shown_after), indicator.unit), _parts(indicator, new)),
        _difference(indicator, before, after),
    )


def _apart(first: Decimal, other: Decimal, decimals: int) -> tuple[Decimal, Decimal]:
    """Both rounded, with as many decimals as it takes for figures that differ to look different."""
    for places in range(decimals, 30):
        shown_first, shown_other = rounded(first, places), rounded(other, places)
        if (shown_first == shown_other) == (first == other):
            break
    return shown_first, shown_other


def amount_in_unit(indicator: Indicator, row: Figures) -> Decimal | None:
    """The figure in the indicator's unit; None for none, and for a ratio of nothing."""
    if row.value is not None:
        return row.value
    if row.numerator is None or not row.denominator:
        return None
    return _EXACT.divide(row.numerator * indicator.scale, row.denominator)


def figure_texts_of(indicator: Indicator, row: Figures) -> FigureTexts:
    """One figure as text; empty for none."""
    if indicator.measure == Indicator.Measure.EVENT and row.value is not None:
        return FigureTexts(_event(row))
    found = amount_in_unit(indicator, row)
    if not indicator.is_ratio or row.numerator is None:
        return FigureTexts("" if found is None else with_unit(number_without_zeros(found), indicator.unit))
    rate = "" if found is None else with_unit(number_in_full(rounded(found, indicator.decimals)), indicator.unit)
    return FigureTexts(rate, _parts(indicator, row))


def _event(row: Figures) -> str:
    if not row.value:
        return _("not done yet")
    return _("done on %(day)s") % {"day": date_format(row.occurred_on)} if row.occurred_on else _("done")


def _parts(indicator: Indicator, row: Figures) -> str:
    if row.numerator is None or row.denominator is None:
        return ""
    above = with_unit(number_without_zeros(row.numerator), indicator.numerator_unit)
    return f"{above} / {with_unit(number_without_zeros(row.denominator), indicator.denominator_unit)}"


def _difference(indicator: Indicator, before: Decimal | None, after: Decimal | None) -> str:
    """By how much the figure rises or falls: a rate in percentage points."""
    if before is None or after is None or indicator.measure == Indicator.Measure.EVENT:
        return ""
    by = after - before
    if not by:
        return _("no change")
    size = (
        number_in_full(_apart(abs(by), Decimal(0), indicator.decimals)[0])
        if indicator.is_ratio
        else number_without_zeros(abs(by))
    )
    unit = _("percentage points") if indicator.unit == "%" else indicator.unit
    return ("+" if by > 0 else "\u2212") + with_unit(size, unit)


# --- The lights ------------------------------------------------------------------------------------------------------


def _add_effects(groups: Sequence[ReviewGroup], user: User) -> None:
    """Beside each entry the lights of what it decides, as far as the person sees them. The queries do not grow with the
    entries."""
    later = [attainments_if([item.revision.entry for item in group.items]) for group in groups]
    seen = would_be_seen(user, [attainment for lot in later for attainment in lot])
    # By identity, because the entries of two groups may decide the light of the same target, region and month.
    effects = {id(attainment): effect for attainment, effect in zip(seen, effects_of_attainments(seen), strict=True)}
    for group, lot in zip(groups, later, strict=True):
        offered: dict[int, list[LightEffect]] = defaultdict(list)
        for effect in (effects[id(attainment)] for attainment in lot if id(attainment) in effects):
            for indicator_id in {effect.target.indicator_id, effect.target.operand_id}:
                if indicator_id is not None:
                    offered[indicator_id].append(effect)
        for item in group.items:
            if item.overtaken:  # the lights are those that the newer entry would bring
                continue
            item.effects.extend(_nearest(offered[item.revision.observation.indicator_id], item.revision.observation))


def _nearest(effects: Sequence[LightEffect], row: Observation) -> list[LightEffect]:
    """The lights of the figure's own region where there are any, else those of the whole it is part of."""
    own = [effect for effect in effects if effect.region.pk == row.region_id]
    return own or [effect for effect in effects if effect.region.pk == row.region.parent_id]
