"""The portfolio as it is written into a file: the plans of the page, in their order."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from pages.exports import ExportSheet, Value, make_text_safe
from reports.portfolio.plans_together import PlanSummary
from reports.portfolio.table import Portfolio
from targets.arithmetic.quantities import rounded
from targets.models import Source
from targets.wording.lights import COLOURS, Colour

WIDTHS = (26, 46, 14, 18, 22)


@dataclass(frozen=True, slots=True)
class PortfolioField:
    """A column of the file."""

    heading: str | Promise
    value: Callable[[PlanSummary], Value]
    of_supervision: bool = False


def _of_colour(colour: Colour) -> PortfolioField:
    return PortfolioField(colour.word, lambda line: Decimal(line.number(colour.name)))


FIELDS = (
    PortfolioField(pgettext_lazy("of a plan", "Code"), lambda line: line.plan.code),
    PortfolioField(pgettext_lazy("in a list of plans", "Plan"), lambda line: make_text_safe(line.plan.title)),
    PortfolioField(gettext_lazy("Region"), lambda line: make_text_safe(line.plan.region.name)),
    PortfolioField(gettext_lazy("Months of the plan"), lambda line: line.plan.span),
    PortfolioField(gettext_lazy("Document number"), lambda line: make_text_safe(line.plan.number)),
    PortfolioField(pgettext_lazy("plan", "Made up"), lambda line: _("yes") if line.plan.demonstration else ""),
    *map(_of_colour, COLOURS),
    PortfolioField(gettext_lazy("Became worse"), lambda line: Decimal(line.turn.worse) if line.turn else None),
    PortfolioField(gettext_lazy("Became better"), lambda line: Decimal(line.turn.better) if line.turn else None),
    PortfolioField(gettext_lazy("Months passed"), lambda line: Decimal(line.passed)),
    PortfolioField(gettext_lazy("Months in all"), lambda line: Decimal(line.length)),
    PortfolioField(gettext_lazy("Time progress (%)"), lambda line: rounded(line.time_progress * 100, 1)),
    PortfolioField(gettext_lazy("Data to"), lambda line: str(line.last or "")),
    PortfolioField(
        gettext_lazy("Furthest behind"), lambda line: make_text_safe(line.behind.name) if line.behind else ""
    ),
    PortfolioField(gettext_lazy("Its red lights"), lambda line: Decimal(line.behind.red) if line.behind else None),
    PortfolioField(
        gettext_lazy("Its yellow lights"), lambda line: Decimal(line.behind.yellow) if line.behind else None
    ),
    PortfolioField(
        gettext_lazy("Further units alike"), lambda line: Decimal(line.behind.alike) if line.behind else None
    ),
    PortfolioField(
        pgettext_lazy("of a plan", "Open supervision"),
        lambda line: Decimal(line.supervision.open),
        of_supervision=True,
    ),
    PortfolioField(
        gettext_lazy("Overdue supervision"), lambda line: Decimal(line.supervision.overdue), of_supervision=True
    ),
)


def portfolio_sheet(shown: Portfolio, today: date) -> ExportSheet:
    """The plans of the page, with what the page tells of each."""
    fields = [field for field in FIELDS if shown.supervises or not field.of_supervision]
    rows = [[field.value(line) for field in fields] for line in shown.lines]
    name = _("Plans at a glance")
    return ExportSheet(name, _note(shown, today), [str(field.heading) for field in fields], rows, WIDTHS, frozen="C3")


def _note(shown: Portfolio, today: date) -> str:
    """What was chosen, on which day, and whether any figure is made up."""
    region, year = shown.choice.region, shown.choice.year
    about = (_("Plans at a glance"), region.name if region else "", str(year or ""), date_format(today))
    made_up = Source.objects.filter(demonstration=True).exists()
    return " · ".join(part for part in (*about, _("Demonstration data") if made_up else "") if part)
