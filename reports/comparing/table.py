"""The comparison as the address asks for it: which region or indicator, which lines, in which order, which columns.

Page and files are made from the same `ComparisonTable`, so they hold the same lines, columns and figures.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _

from departments.models import Region, User
from departments.people.wording import word_for_whole_region
from pages.exports import Value, make_text_safe
from plans.models import Plan
from reports.board.overview import group_rows_by_chapter
from reports.board.standing import PlanStanding
from reports.board.tallies import (
    LightTally,
    TargetChoice,
    choose_targets,
    tally_lights_by_chapter,
    tally_lights_by_lead,
)
from reports.comparing.comparison import ComparisonLine, lines_of_rows
from reports.comparing.regions import build_region_matrix, offer_regions_and_targets
from targets.arithmetic.accumulation import ONE
from targets.arithmetic.quantities import rounded
from targets.models import Target
from targets.reading.selectors import TargetRow
from targets.wording.explanation import distance

if TYPE_CHECKING:
    from _typeshed import SupportsRichComparison

URGENCY = {"red": 0, "yellow": 1, "green": 2, "grey": 3, "": 4}


@dataclass(frozen=True, slots=True)
class ComparisonColumn:
    """A column: `text` is what the page shows of a line, `value` what a file holds, a number where it is one."""

    key: str
    heading: str | Promise
    text: Callable[[ComparisonLine], str]
    value: Callable[[ComparisonLine], Value]
    number: bool = True


def _whole(line: ComparisonLine) -> ComparisonLine:
    return line if line.whole is None else line.whole


def _against(line: ComparisonLine) -> Value:
    if line.against_whole is None:
        return line.against_text
    return rounded(line.against_whole, max(line.indicator.decimals, 2))


def _rank(line: ComparisonLine) -> Value:
    return Decimal(line.rank) if line.rank else None


def _owed(line: ComparisonLine) -> Value:
    if line.quota is None:
        return line.target_text
    return line.quota.quantize(ONE) if line.quota == line.quota.to_integral_value() else line.quota.normalize()


def _data_to(line: ComparisonLine) -> str:
    style = pgettext("date format of a month alone", "M")
    return date_format(line.last_data.first_day, style) if line.last_data else ""


def _word(line: ComparisonLine) -> str:
    return str(line.row.light.word) if line.row is not None else ""


COLUMNS = (
    ComparisonColumn("month", _("This month"), lambda line: line.month_text, lambda line: line.month),
    ComparisonColumn(
        "last_year", _("Same months of last year"), lambda line: line.last_year_text, lambda line: line.last_year
    ),
    ComparisonColumn("change", _("Change against last year"), lambda line: line.change_text, lambda line: line.change),
    ComparisonColumn(
        "actual",
        _("Year to date"),
        lambda line: line.actual_text,
        lambda line: line.actual if line.actual is not None else line.actual_text,
    ),
    ComparisonColumn("rank", _("Rank"), lambda line: str(line.rank or ""), _rank),
    ComparisonColumn("whole", "", lambda line: _whole(line).actual_text, lambda line: _whole(line).actual),
    ComparisonColumn("against", "", lambda line: line.against_text, _against),
    ComparisonColumn("completion", _("Completion"), lambda line: line.completion_text, lambda line: line.completion),
    ComparisonColumn(
        "gap",
        _("Against the target"),
        lambda line: line.to_threshold,
        lambda line: distance(line.row.attainment) if line.row is not None else None,
    ),
    ComparisonColumn("target", _("Target"), lambda line: line.target_text, lambda line: line.target_text),
    ComparisonColumn(
        "issued", _("Paper"), lambda line: line.issued, lambda line: make_text_safe(line.issued), number=False
    ),
    ComparisonColumn("light", _("Light"), _word, _word, number=False),
    ComparisonColumn("data", _("Data to"), _data_to, lambda line: str(line.last_data or ""), number=False),
)


def columns_for(plan: Plan) -> list[ComparisonColumn]:
    """Every column, with the headings that say the plan's region: 全市, 与全市相比. Over several years
    figures are counted by year or over all of them, as each target says: 累计."""
    whole = word_for_whole_region(plan.region)
    said = {"whole": capfirst(whole), "against": gettext("Against %(whole)s") % {"whole": whole}}
    if plan.first_month.year != plan.last_month.year:
        said["actual"] = gettext("Result to date")
    return [replace(column, heading=said.get(column.key, column.heading)) for column in COLUMNS]


OF_PARTS = frozenset({"rank", "whole", "against", "gap"})
"""Columns that say nothing where the plan's region stands alone."""
OF_QUOTAS = frozenset({"completion", "issued"})
"""Columns that say nothing where no target is divided among the parts."""
OWN_QUOTA = ComparisonColumn("target", _("Own quota"), lambda line: line.target_text, _owed)
"""In place of the target, where all lines are of one that is divided."""


@dataclass(frozen=True, slots=True)
class ComparisonTable:
    """The lines chosen, in the order asked for, and what there is to choose from.

    `region` or `target` is set where a part of the region, or one indicator in all parts, is shown; `whole` is then the
    line of the plan's region below the parts.
    """

    lines: Sequence[ComparisonLine]
    whole: ComparisonLine | None
    region: Region | None
    target: Target | None
    columns: Sequence[ComparisonColumn]
    offered: Sequence[ComparisonColumn]
    units: Sequence[LightTally]
    chapters: Sequence[LightTally]
    regions: Sequence[Region]
    targets: Sequence[Target]
    asked: dict[str, str]

    @property
    def divided(self) -> bool:
        """Whether any line is of a target that is divided among the parts."""
        return any(line.divided for line in self.lines)

    @property
    def every(self) -> Sequence[ComparisonLine]:
        """All lines, the whole last."""
        return [*self.lines, self.whole] if self.whole is not None else self.lines


def read_comparison_table(standing: PlanStanding, asked: Mapping[str, str], user: User) -> ComparisonTable:
    """The table as the address asks; what is understood of it is kept in `asked`."""
    duties = standing.duties
    parts = group_rows_by_chapter(standing.promised.clauses, standing.rows)
    regions, targets = offer_regions_and_targets(standing, user)
    target = next((target for target in targets if target.code == asked.get("target")), None)
    region = None if target else next((region for region in regions if region.code == asked.get("region")), None)
    chosen = choose_targets(asked, parts, duties)
    found, whole = _lines(standing, user, chosen, chosen.of_all_lights(standing.rows, duties), region, target)
    by = asked.get("sort", "")
    offered = _offered(standing.plan, found, region, target)
    columns = _columns(asked.get("columns", ""), offered)
    kept = {} if target else chosen.asked
    kept |= {"target": target.code} if target else {"region": region.code} if region else {}
    kept |= {"sort": by} if by in SORTS else {}
    kept |= {"columns": ",".join(column.key for column in columns)} if len(columns) < len(offered) else {}
    return ComparisonTable(
        _ordered(found, by, target),
        whole,
        region,
        target,
        columns,
        offered,
        tally_lights_by_lead(standing.rows, duties),
        tally_lights_by_chapter(parts),
        regions,
        targets,
        kept,
    )


def _lines(
    standing: PlanStanding,
    user: User,
    chosen: TargetChoice,
    rows: Sequence[TargetRow],
    region: Region | None,
    target: Target | None,
) -> tuple[list[ComparisonLine], ComparisonLine | None]:
    """The lines, and the line of the plan's region below them."""
    if target is not None:
        known = build_region_matrix(standing, user).of_target(target.code)
        return (list(known[1]), known[0]) if known is not None else ([], None)
    if region is None:
        found = lines_of_rows(standing, rows)
    else:
        wanted = {row.target.pk for row in rows}
        found = [line for line in build_region_matrix(standing, user).of_region(region) if line.target.pk in wanted]
    return [line for line in found if chosen.light is None or line.signal == chosen.light.name], None


def _offered(
    plan: Plan, listed: Sequence[ComparisonLine], region: Region | None, target: Target | None
) -> list[ComparisonColumn]:
    """The columns that say anything of the lines."""
    divided = any(line.divided for line in listed)
    idle = (OF_PARTS if not (target or region) else set()) | (OF_QUOTAS if not divided else set())
    idle |= {"whole"} if target else set()
    offered = [column for column in columns_for(plan) if column.key not in idle]
    return [OWN_QUOTA if target and divided and column.key == OWN_QUOTA.key else column for column in offered]


def _columns(wanted: str, offered: Sequence[ComparisonColumn]) -> list[ComparisonColumn]:
    """Those asked for, in their usual order; all, if none of them is known."""
    keys = set(wanted.split(","))
    return [column for column in offered if column.key in keys] or list(offered)


SORTS: Mapping[str, Callable[[ComparisonLine], "SupportsRichComparison"]] = {
    "light": lambda line: URGENCY[line.signal],
    "change": lambda line: (line.change is None, line.change or 0),
    "rank": lambda line: (line.rank is None, line.rank or 0),
    "plan": lambda line: 0,
}


def _ordered(listed: Sequence[ComparisonLine], by: str, target: Target | None) -> list[ComparisonLine]:
    """In the plan's order, or the regions'; by light (red first), by the change against last year (falling most first)
    or by rank, which is how the parts are listed unless something else is asked for. What owes nothing stands last."""
    order = SORTS.get(by, SORTS["rank" if target else "plan"])
    return sorted(listed, key=lambda line: (not line.owes, order(line)))


def texts_of_comparison_table(
    table: ComparisonTable,
) -> list[tuple[ComparisonLine, list[tuple[ComparisonColumn, str]]]]:
    """Every line with the texts of its cells."""
    return [(line, [(column, column.text(line)) for column in table.columns]) for line in table.every]
