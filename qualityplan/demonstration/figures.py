"""Made-up figures, written as files of a month each and imported like real ones."""

from collections import defaultdict
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from departments.database.append_only import rewriting
from departments.models import Region, User
from departments.permissions import Role
from departments.services.accounts import record
from imports.batches.messages import errors_of
from imports.services.whole import import_observations
from imports.tables.parsing import HEADINGS
from pages.spreadsheets import write_rows_as_csv
from plans.models import Plan
from plans.periods import Month
from qualityplan.demonstration.pressing import make_pressing
from qualityplan.demonstration.reports import make_reports
from qualityplan.demonstration.series import MadeUpFigure, make_up_year
from qualityplan.demonstration.shapes import Scenario
from qualityplan.demonstration.times import handed_in_at
from targets.expected.deadlines import Deadlines
from targets.models import Indicator, Revision, Source
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.reviewing import return_revision
from tasks.models import Milestone
from tasks.services.milestones import milestones_changed


class UnfitFiguresError(Exception):
    """The made-up figures do not fit the indicators that are loaded; says what is wrong, line by line."""


def real_figures_exist() -> bool:
    """Whether anybody has entered figures in earnest: made-up ones must never be mixed with them."""
    return Revision.objects.filter(source__demonstration=False).exists()


def scenario_is_imported(scenario: Scenario) -> bool:
    """Whether the scenario's figures have been imported before; either all of them are, or none."""
    return Source.objects.filter(demonstration=True, label=label_of_source(scenario, str(scenario.until))).exists()


def label_of_source(scenario: Scenario, time: str) -> str:
    """What the source of the figures of a month, or of a whole year, is called."""
    return f"{scenario.label} {time}"


@transaction.atomic
def make_demonstration(scenario: Scenario, plan: Plan) -> int:
    """Writes the files, imports them and marks the milestones that are done; returns the number of figures."""
    by = User.objects.get(username=scenario.username(Role.COORDINATOR))
    files = write_figure_files(figures_of_scenario(scenario), settings.VAR_DIR / "demonstration" / plan.code)
    figures = sum(import_figure_file(path, label_of_source(scenario, time), by) for time, path in files.items())
    for time in files:
        set_back_figures(scenario, plan, time)
    return_some(scenario, plan)
    mark_done(scenario, plan, by)
    make_reports(plan)
    make_pressing(scenario, plan)
    return figures


def figures_of_scenario(scenario: Scenario) -> dict[str, list[MadeUpFigure]]:
    """The figures up to the last month that has been reported: those of its year by month, earlier ones by year."""
    indicators = {indicator.code: indicator for indicator in Indicator.objects.all()}
    times: dict[str, list[MadeUpFigure]] = defaultdict(list)
    for shape in scenario.shapes:
        for figure in make_up_year(shape, indicators[shape.indicator].rule, scenario.seed):
            if figure.month <= scenario.until:
                of_this_year = figure.month.year == scenario.until.year
                times[str(figure.month if of_this_year else figure.month.year)].append(figure)
    return dict(sorted(times.items()))


def write_figure_files(times: dict[str, list[MadeUpFigure]], folder: Path) -> dict[str, Path]:
    """One file a month or year, as an office would fill it in: names, not codes, and the BOM that Excel needs."""
    folder.mkdir(parents=True, exist_ok=True)
    indicators = dict(Indicator.objects.values_list("code", "name"))
    regions = dict(Region.objects.values_list("code", "name"))
    paths = {}
    for time, figures in times.items():
        paths[time] = folder / f"{time}.csv"
        rows = [_row(figure, indicators, regions) for figure in figures]
        paths[time].write_bytes(write_rows_as_csv([[names[-1] for names in HEADINGS.values()], *rows]))
    return paths


def _row(figure: MadeUpFigure, indicators: dict[str, str], regions: dict[str, str]) -> list[object]:
    """The cells of a figure in the order of HEADINGS; csv writes nothing for None."""
    parts = [figure.value, figure.numerator, figure.denominator, figure.note, figure.occurred_on]
    return [indicators[figure.indicator], regions[figure.region], figure.month, *parts]


def import_figure_file(path: Path, name: str, by: User) -> int:
    """Imports one file as the coordinator would, marked as demonstration data; RefusedError undoes all of it."""
    with path.open("rb") as file:
        batch = import_observations(file, by=by, demonstration=True, label=name)
    if not batch.applied:
        raise UnfitFiguresError("\n".join(f"{path.name} {error}" for error in errors_of(batch)))
    return batch.read


def set_back_figures(scenario: Scenario, plan: Plan, time: str) -> None:
    """Gives the figures of a month or year the times at which they would have come in, so that some are late."""
    deadlines = _deadlines(plan, int(time[:4]))
    source = Source.objects.get(demonstration=True, label=label_of_source(scenario, time))
    revisions = list(source.revisions.select_related("observation__indicator__department", "observation__region"))
    for revision in revisions:
        month, indicator, region = (getattr(revision.observation, name) for name in ("month", "indicator", "region"))
        unit = _unit_of(indicator) if region.pk == plan.region_id else region.code
        at = handed_in_at(deadlines[month].ends, unit, f"{indicator.code}|{region.code}|{month}", scenario.seed)
        revision.created_at = revision.official_at = at
    with rewriting():
        Revision.objects.bulk_update(revisions, ["created_at", "official_at"], batch_size=500)
    source.at = max((revision.created_at for revision in revisions), default=source.at)
    source.save()


def _deadlines(plan: Plan, year: int) -> Deadlines:
    """The deadlines of a whole year, which may lie before the plan."""
    rules = {"deadline_day": plan.deadline_day, "deadline_moves": plan.deadline_moves}
    return Deadlines.of(Plan(first_month=Month(year, 1), last_month=Month(year, 12), **rules))


def return_some(scenario: Scenario, plan: Plan) -> None:
    """Hands in the scenario's returned figures as the units' own people, and returns them with the reason given."""
    for figure in scenario.returned:
        indicator = Indicator.objects.select_related("department").get(code=figure.indicator)
        region = Region.objects.get(code=figure.region)
        office = _unit_of(indicator)
        author = User.objects.get(username=f"{office}-reporter" if region == plan.region else f"{region.code}-county")
        typed = Typed(numerator=figure.numerator, denominator=figure.denominator, note=figure.note)
        save_draft(key := (indicator.pk, region.pk, figure.month), typed, version=0, by=author)
        (revision,) = hand_in([key], by=author)
        return_revision(revision, by=User.objects.get(username=f"{office}-reviewer"), reason=figure.reason)
        at = Deadlines.of(plan)[figure.month].ends - timedelta(hours=8)
        with rewriting():
            Revision.objects.filter(pk=revision.pk).update(created_at=at)
        Source.objects.filter(pk=revision.source_id).update(demonstration=True, label=scenario.label, at=at)


def _unit_of(indicator: Indicator) -> str:
    """The code of the department that reports the indicator; empty if no department does."""
    return indicator.department.code if indicator.department is not None else ""


def mark_done(scenario: Scenario, plan: Plan, by: User) -> None:
    """Marks the scenario's milestones as done; what somebody has marked already stays."""
    steps = Milestone.objects.filter(task__plan=plan, done_on__isnull=True).select_related("task", "target__plan")
    done = [step for step in steps if (step.task.code, step.code) in scenario.done]
    for step in done:
        step.done_on = scenario.done[step.task.code, step.code]
        step.save()
    milestones_changed(done)
    if done:
        record("milestones.demonstrated", by=by, subject=plan, milestones=len(done))
