"""计划总览: every plan that a person sees, one beside the other: lights, what has turned, time, who is behind.

Everything is read from stored attainments of each plan's own region, as of the plan's last month with data, by as many
queries for a hundred plans as for one. A plan's overview shows the same numbers.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Max, Q
from django.urls import reverse

from departments.models import User
from plans.models import Plan
from plans.periods import Month, months_between
from reports.board.overview import LightCount, compare_signals, counts_in_light_order
from reports.board.tallies import LightTally, tally_lights
from targets.models import Attainment, TargetAssignment
from targets.reading.selectors import last_in_plan
from tasks.supervision.pages import NoticeFigures, figures_by_plan

NO_SUPERVISION = NoticeFigures(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class LightTurns:
    """How many lights have become worse, and how many better, since the month before."""

    worse: int
    better: int


@dataclass(frozen=True, slots=True)
class Behind:
    """The unit that leads most red lights of a plan, then most yellow ones; `alike` further units lead as many."""

    code: str
    name: str
    red: int
    yellow: int
    alike: int


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan in one line. `month` is the month of which the lights are: the last with data, or the first where there is
    none (`last` None). `turn` is None in the plan's first month, `behind` where no unit leads a red or yellow light."""

    plan: Plan
    month: Month
    last: Month | None
    counts: Sequence[LightCount]
    turn: LightTurns | None
    behind: Behind | None
    supervision: NoticeFigures

    @property
    def total(self) -> int:
        """How many targets are judged."""
        return sum(count.number for count in self.counts)

    @property
    def passed(self) -> int:
        """How many of the plan's months have passed at the end of the last month with data."""
        return len(months_between(self.plan.first_month, self.last)) if self.last is not None else 0

    @property
    def length(self) -> int:
        """How many months the plan has."""
        return len(months_between(self.plan.first_month, self.plan.last_month))

    @property
    def time_progress(self) -> Decimal:
        """时序进度: the share of the plan's months that have passed by then."""
        return Decimal(self.passed) / self.length

    @property
    def address(self) -> str:
        """Where the plan's overview is."""
        return reverse("overview", args=[self.plan.code])

    @property
    def behind_address(self) -> str:
        """Where the page of the unit that is furthest behind is."""
        return reverse("department", args=[self.plan.code, self.behind.code]) if self.behind is not None else ""

    @property
    def supervision_address(self) -> str:
        """Where the notices of supervision about the plan are."""
        return f"{reverse('supervision')}?plan={self.plan.code}"

    def number(self, colour: str) -> int:
        """How many targets show this light."""
        return next(count.number for count in self.counts if count.colour.name == colour)


def summarise_plans(plans: Sequence[Plan], user: User, today: date) -> list[PlanSummary]:
    """The plans in one line each, in their order; four queries. `plans` are those that the person sees, with their
    regions: whoever sees a plan sees how it stands in its own region."""
    if not plans:
        return []
    known = _last_months(plans)
    months = {plan.pk: known.get(plan.pk) or plan.first_month for plan in plans}
    lights, leads, pressed = _lights(months), _leads(plans), figures_by_plan(user, today)
    return [
        PlanSummary(
            plan,
            months[plan.pk],
            known.get(plan.pk),
            counts_in_light_order(Counter(now for _target, _then, now in lights[plan.pk])),
            _turn(lights[plan.pk]) if months[plan.pk] > plan.first_month else None,
            _behind(tally_lights((now, leads.get(target, ())) for target, _then, now in lights[plan.pk])),
            pressed.get(plan.pk, NO_SUPERVISION),
        )
        for plan in plans
    ]


def _last_months(plans: Sequence[Plan]) -> dict[int, Month]:
    """Plan → the last of its months with approved data of any target in the plan's region."""
    known = Attainment.objects.filter(
        target__plan__in=plans, region_id=F("target__plan__region_id"), last_month__isnull=False
    )
    last = dict(known.order_by().values_list("target__plan").annotate(Max("last_month")))
    return {plan.pk: month for plan in plans if (month := last_in_plan(plan, [last.get(plan.pk)])) is not None}


Light = tuple[int, str, str]
"""A target, its light a month before (grey where there is none), and its light."""


def _lights(months: Mapping[int, Month]) -> Mapping[int, Sequence[Light]]:
    """Plan → the lights of its targets in the plan's region, in its month."""
    now: dict[int, dict[int, str]] = defaultdict(dict)
    then: dict[int, str] = {}
    rows = Attainment.objects.filter(_in_month_or_before(months), region_id=F("target__plan__region_id"))
    for plan_id, target_id, month, signal in rows.values_list("target__plan", "target", "month", "signal"):
        if month == months[plan_id]:
            now[plan_id][target_id] = signal
        else:
            then[target_id] = signal
    return {
        plan_id: [(target, then.get(target, "grey"), signal) for target, signal in now[plan_id].items()]
        for plan_id in months
    }


def _in_month_or_before(months: Mapping[int, Month]) -> Q:
    """The attainments of each plan in its month and in the one before."""
    together: dict[Month, list[int]] = defaultdict(list)
    for plan_id, month in months.items():
        together[month].append(plan_id)
    wanted = Q()
    for month, plans in together.items():
        wanted |= Q(target__plan__in=plans, month__in=[month.shifted(-1), month])
    return wanted


def _leads(plans: Sequence[Plan]) -> Mapping[int, Sequence[tuple[str, str]]]:
    """Target → code and name of each unit that leads it."""
    found: dict[int, list[tuple[str, str]]] = defaultdict(list)
    leading = TargetAssignment.objects.filter(target__plan__in=plans, role=TargetAssignment.Role.LEAD)
    for target_id, *unit in leading.order_by().values_list("target_id", "department__code", "department__short_name"):
        found[target_id].append((unit[0], unit[1]))
    return found


def _turn(lights: Iterable[Light]) -> LightTurns:
    turns = [compare_signals(then, now) for _target, then, now in lights]
    return LightTurns(sum(turn < 0 for turn in turns), sum(turn > 0 for turn in turns))


def _behind(units: Sequence[LightTally]) -> Behind | None:
    """The first of the units, which are ordered by their red and then their yellow lights, if it has any."""
    numbers = [_red_and_yellow(unit) for unit in units]
    if not numbers or not any(numbers[0]):
        return None
    return Behind(units[0].key, units[0].name, *numbers[0], alike=numbers.count(numbers[0]) - 1)


def _red_and_yellow(unit: LightTally) -> tuple[int, int]:
    lights = {count.colour.name: count.number for count in unit.counts}
    return lights["red"], lights["yellow"]
