"""Made-up figures, written as files of a month each and imported like real ones."""

import csv
from collections import defaultdict
from pathlib import Path

from django.conf import settings
from django.db import transaction

from departments.models import Region, User
from departments.services import record
from imports.messages import errors_of
from imports.parsing import HEADINGS
from imports.services import import_observations
from plans.models import Plan
from plans.periods import Month
from qualityplan.demonstration.series import Figure, year_of
from qualityplan.demonstration.shapes import Scenario
from targets.models import Indicator, Revision, Source
from tasks.models import Milestone
from tasks.services import milestones_changed


class RefusedError(Exception):
    """The made-up figures do not fit the indicators that are loaded; says what is wrong, line by line."""


def real_figures_exist() -> bool:
    """Whether anybody has entered figures in earnest: made-up ones must never be mixed with them."""
    return Revision.objects.filter(source__demonstration=False).exists()


def is_there(scenario: Scenario) -> bool:
    """Whether the scenario's figures have been imported before; all are, or none."""
    return Source.objects.filter(demonstration=True, label=label(scenario, scenario.until)).exists()


def label(scenario: Scenario, month: Month) -> str:
    """What the source of a month's figures is called."""
    return f"{scenario.label} {month}"


@transaction.atomic
def make(scenario: Scenario, plan: Plan, by: User) -> int:
    """Writes the files, imports them and marks the milestones that are done; returns the number of figures."""
    files = written(reported(scenario), settings.VAR_DIR / "demonstration")
    figures = sum(imported(path, label(scenario, month), by) for month, path in files.items())
    mark_done(scenario, plan, by)
    return figures


def reported(scenario: Scenario) -> dict[Month, list[Figure]]:
    """The figures by month, up to the last one that has been reported."""
    indicators = {indicator.code: indicator for indicator in Indicator.objects.all()}
    months: dict[Month, list[Figure]] = defaultdict(list)
    for shape in scenario.shapes:
        for figure in year_of(shape, indicators[shape.indicator].rule, scenario.seed):
            if figure.month <= scenario.until:
                months[figure.month].append(figure)
    return dict(sorted(months.items()))


def written(months: dict[Month, list[Figure]], folder: Path) -> dict[Month, Path]:
    """One file a month, as an office would fill it in: names instead of codes, with the BOM that Excel needs."""
    folder.mkdir(parents=True, exist_ok=True)
    indicators = dict(Indicator.objects.values_list("code", "name"))
    regions = dict(Region.objects.values_list("code", "name"))
    paths = {}
    for month, figures in months.items():
        paths[month] = folder / f"{month}.csv"
        with paths[month].open("w", encoding="utf-8-sig", newline="") as file:
            table = csv.writer(file)
            table.writerow(names[-1] for names in HEADINGS.values())
            table.writerows(_row(figure, indicators, regions) for figure in figures)
    return paths


def _row(figure: Figure, indicators: dict[str, str], regions: dict[str, str]) -> list[object]:
    """In the order of HEADINGS; csv writes nothing for None."""
    parts = [figure.value, figure.numerator, figure.denominator, figure.note, figure.occurred_on]
    return [indicators[figure.indicator], regions[figure.region], figure.month, *parts]


def imported(path: Path, name: str, by: User) -> int:
    """Imports one file as the coordinator would, marked as demonstration data; RefusedError undoes all of it."""
    with path.open("rb") as file:
        batch = import_observations(file, by=by, demonstration=True, label=name)
    if not batch.applied:
        raise RefusedError("\n".join(f"{path.name} {error}" for error in errors_of(batch)))
    return batch.read


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
