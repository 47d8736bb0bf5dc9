"""Made-up progress reports: written, reviewed and signed by the units' own people, through the same services."""

import json
from datetime import date, datetime, timedelta

from django.db import transaction

from departments.auditing.chain import seal_again
from departments.database.append_only import rewriting
from departments.models import Department, User
from plans.models import Plan
from plans.periods import Month
from qualityplan.demonstration.shapes import SAMPLES, Raw
from targets.expected.deadlines import Deadlines
from tasks.models import ProgressReport, ReportDecision, SignOff, Task
from tasks.rules.accounts import TypedMilestone, TypedReport
from tasks.services.deciding import approve_report, return_report
from tasks.services.places import ReportPlace
from tasks.services.reporting import hand_in_report, save_report
from tasks.services.signing import sign_off
from tasks.services.splitting import Planned, split_into_milestones, version_of


@transaction.atomic
def make_reports(plan: Plan) -> int:
    """Splits, reports and signs what the plan's file says, if there is one; returns the number of reports."""
    path = SAMPLES / f"demonstration-{plan.code}-reports.json"
    if not path.is_file():
        return 0
    raw = json.loads(path.read_text(encoding="utf-8"))
    for split in raw["split"]:
        _split(plan, split)
    for report in raw["reports"]:
        _report(plan, report)
    for row in raw["signed"]:
        signed = sign_off(
            _task(plan, row["task"]), Month.parse(row["month"]), by=User.objects.get_by_natural_key(row["by"])
        )
        with rewriting():
            SignOff.objects.filter(pk=signed.pk).update(at=_at(plan, signed.month, hours=2))
    return len(raw["reports"])


def _task(plan: Plan, code: str) -> Task:
    return Task.objects.select_related("plan__region").get(plan=plan, code=code)


def _split(plan: Plan, raw: Raw) -> None:
    """One more milestone, beside those that are there."""
    task = _task(plan, raw["task"])
    rows = [
        Planned(row.title, row.due, row.pk, row.department_id, row.weight, row.evidence, row.counted_by_id)
        for row in task.milestones.all()
    ]
    made = Planned(raw["title"], date.fromisoformat(raw["due"]), evidence=raw["evidence"])
    reviewer = User.objects.get_by_natural_key(f"{raw['department']}-reviewer")
    split_into_milestones(task, [*rows, made], by=reviewer, reason=raw["reason"], version=version_of(task))


def _report(plan: Plan, raw: Raw) -> None:
    """Written by the unit's reporter and decided by its reviewer, at the times at which that would have been."""
    unit, month = raw["department"], Month.parse(raw["month"])
    place = ReportPlace(_task(plan, raw["task"]), Department.objects.get(code=unit), month)
    ids = dict(place.task.milestones.values_list("code", "pk"))
    steps = {ids[code]: TypedMilestone(str(percentage)) for code, percentage in raw["steps"].items()}
    author, reviewer = (
        User.objects.get_by_natural_key(f"{unit}-reporter"),
        User.objects.get_by_natural_key(f"{unit}-reviewer"),
    )
    save_report(place, TypedReport(raw["done"], raw["next"], raw["problems"], steps), version=0, by=author)
    report = hand_in_report(place, by=author)
    if report is None:
        return
    state = raw.get("state", "approved")
    if state == "approved":
        approve_report(report, by=reviewer)
    elif state == "returned":
        return_report(report, by=reviewer, reason=raw["reason"])
    _set_back(plan, report, state)


def _set_back(plan: Plan, report: ProgressReport, state: str) -> None:
    written, decided = _at(plan, report.month, hours=32), _at(plan, report.month, hours=8)
    official = {"official_at": decided} if state == "approved" else {}
    with rewriting():
        ProgressReport.objects.filter(pk=report.pk).update(created_at=written, demonstration=True, **official)
        for decision in ReportDecision.objects.filter(report=report):
            decision.at = written if decision.verb == "submit" else decided
            decision.seal = seal_again(decision)
            decision.save()


def _at(plan: Plan, month: Month, *, hours: int) -> datetime:
    """A moment so many hours before the month's deadline ends."""
    return Deadlines.of(plan)[month].ends - timedelta(hours=hours)
