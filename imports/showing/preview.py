"""What a checked file would do: figures old and new, lights now and then, rows that are refused; a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.paginator import Page, Paginator
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from departments.models import Region, User
from imports.batches import staging
from imports.batches.messages import explain_stored_error
from imports.models import ImportBatch, StagedRow
from plans.periods import Month
from targets.entering.light_effects import LightEffect, effects_of_entries
from targets.entering.review_queue import FigureChange, compare_figures
from targets.entry_rules.figures import Entry
from targets.messages import ODDITIES
from targets.models import DirtyKey, Figures, Indicator, Observation, Revision

ROWS_SHOWN = 50
MOST_FIGURES = 2000
"""Up to so many figures the lights are computed for the preview; judging more takes longer than a page may."""
LIGHTS_SHOWN = 100

FAILURES: dict[str, str | Promise] = {
    "cancelled": _("The import was cancelled. Nothing was imported."),
    "crashed": _("The check ended without a result three times. Nothing was imported. Split the file and try again."),
    "file_gone": _("The stored file is not there any more. Nothing was imported. Upload it again."),
    "not_allowed": _("The person who uploaded the file may not import any more. Nothing was imported."),
    "too_much_memory": _("The file needs more memory than an import may take. Nothing was imported. Split the file."),
    "broken": _("The import stopped at an unexpected error, which was logged. Nothing was imported. Upload it again."),
}
"""Why an import ended without import, in words."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """A figure of the file that was changed after the file had been checked."""

    indicator: Indicator
    region: Region
    month: Month


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A staged row in words."""

    row: StagedRow
    indicator: Indicator
    region: Region
    change: FigureChange


@dataclass(frozen=True, slots=True)
class OddRow:
    """A row that looks odd, and why."""

    row: StagedRow
    indicator: Indicator
    region: Region
    reasons: Sequence[str | Promise]


@dataclass(frozen=True, slots=True)
class LightsPreview:
    """The lights that would change; None if there are too many figures to say."""

    changing: Sequence[LightEffect]
    further: int
    staying: int


def errors_page(batch: ImportBatch, number: str | None) -> Page:
    """A page of the rejected rows' errors, as sentences."""
    page: Page = Paginator(batch.errors, ROWS_SHOWN).get_page(number)
    page.object_list = [explain_stored_error(error) for error in page.object_list]
    return page


def changed_page(batch: ImportBatch, number: str | None) -> Page:
    """A page of the rows that change something, old beside new."""
    page: Page = Paginator(staging.old_and_new(batch), ROWS_SHOWN).get_page(number)
    rows: list[StagedRow] = list(page.object_list)
    indicators, regions = _named(rows)
    revisions: dict[int, Revision] = Revision.objects.in_bulk([row.previous_id for row in rows if row.previous_id])
    page.object_list = [
        ShownRow(
            row,
            indicators[row.indicator_id],
            regions[row.region_id],
            compare_figures(indicators[row.indicator_id], _previous(revisions, row), row),
        )
        for row in rows
    ]
    return page


def overtaken_figures_of(batch: ImportBatch) -> list[Overtaken]:
    """The figures of the file that somebody has changed since it was checked, a few of them."""
    kept = batch.overtaken[: ImportBatch.OVERTAKEN_KEPT]
    indicators = Indicator.objects.in_bulk({indicator for indicator, _region, _month in kept})
    regions = Region.objects.in_bulk({region for _indicator, region, _month in kept})
    return [
        Overtaken(indicators[indicator], regions[region], Month.from_key(month)) for indicator, region, month in kept
    ]


def odd_page(batch: ImportBatch, number: str | None) -> Page:
    """A page of the rows that look odd."""
    found = StagedRow.objects.filter(batch=batch).exclude(oddities="[]").order_by("number")
    page: Page = Paginator(found, ROWS_SHOWN).get_page(number)
    rows: list[StagedRow] = list(page.object_list)
    indicators, regions = _named(rows)
    page.object_list = [
        OddRow(row, indicators[row.indicator_id], regions[row.region_id], [ODDITIES[code] for code in row.odd_codes])
        for row in rows
    ]
    return page


def _named(rows: Sequence[StagedRow]) -> tuple[dict[int, Indicator], dict[int, Region]]:
    indicators: dict[int, Indicator] = Indicator.objects.in_bulk({row.indicator_id for row in rows})
    regions: dict[int, Region] = Region.objects.in_bulk({row.region_id for row in rows})
    return indicators, regions


def _previous(revisions: dict[int, Revision], row: StagedRow) -> Figures:
    """What was there before; nothing if it cannot be told any more."""
    return revisions.get(row.previous_id or 0) or Observation()


def lights_follow() -> bool:
    """Whether something is still to be judged of what has become official."""
    return DirtyKey.objects.exists()


def preview_lights(batch: ImportBatch, user: User) -> LightsPreview | None:
    """What the lights that the person sees would become, as of the file's latest month; None for more figures than can
    be judged now."""
    if batch.new + batch.changed > MOST_FIGURES:
        return None
    rows = StagedRow.objects.filter(batch=batch).exclude(outcome=StagedRow.Outcome.UNCHANGED)
    found = effects_of_entries([_entry(row) for row in rows], user)
    changing = [effect for effect in found if effect.differs]
    return LightsPreview(changing[:LIGHTS_SHOWN], len(changing[LIGHTS_SHOWN:]), len(found) - len(changing))


def _entry(row: StagedRow) -> Entry:
    figures = (row.value, row.numerator, row.denominator, row.occurred_on)
    return Entry(row.indicator_id, row.region_id, row.month, *figures, row.note)


def failure_of(batch: ImportBatch) -> str:
    """Why an import ended without figures; empty where the errors say it, or if the import did not end so."""
    return str(FAILURES.get(batch.failure, ""))


def earlier_import_of_file(batch: ImportBatch, user: User) -> ImportBatch | None:
    """The last earlier import of the same file that the person may see."""
    return ImportBatch.objects.visible_to(user).same_file(batch).first()
