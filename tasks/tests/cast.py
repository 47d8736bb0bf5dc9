"""A task with a lead and a sharing unit, their people, and reports as they would write them."""

from datetime import date
from types import SimpleNamespace
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from departments.models import Department, User
from departments.permissions import Role
from plans.models import Plan
from plans.periods import Month
from reviews.tests import papers
from targets.tests import factories as f
from tasks.models import Assignment, Milestone, ProgressReport, Task
from tasks.rules.accounts import TypedMilestone, TypedReport
from tasks.services.deciding import approve_report
from tasks.services.places import ReportPlace
from tasks.services.reporting import hand_in_report, save_report

MAY = Month(2014, 5)
JUNE = Month(2014, 6)


def cast() -> SimpleNamespace:
    """Two milestones: one of the sharing unit, one of nobody's, for which the lead speaks."""
    lead, shared = f.department(), f.department()
    task = a_task(lead=lead, shared=shared)
    step = milestone(task, "own", department=shared)
    open_one = milestone(task, "open")
    people = {
        name: f.person(role, unit)
        for name, (role, unit) in {
            "reporter": (Role.REPORTER, lead),
            "reviewer": (Role.REVIEWER, lead),
            "sharer": (Role.REPORTER, shared),
            "checker": (Role.REVIEWER, shared),
            "coordinator": (Role.COORDINATOR, f.department()),
            "leader": (Role.LEADER, f.department()),
            "stranger": (Role.REPORTER, f.department()),
        }.items()
    }
    return SimpleNamespace(
        lead=lead,
        shared=shared,
        task=task,
        step=step,
        open=open_one,
        place=ReportPlace(task, lead, JUNE),
        theirs=ReportPlace(task, shared, JUNE),
        **people,
    )


def a_task(code: str = "t", plan: Plan | None = None, **units: Department) -> Task:
    document = plan or f.plan()
    clause = document.clauses.get(path="一")
    task = Task.objects.create(
        plan=document, code=code, title="质量提升", clause=clause, quote=clause.text, due=date(document.year, 12, 31)
    )
    for role, unit in units.items():
        Assignment.objects.create(task=task, department=unit, role=role)
    return task


def milestone(task: Task, code: str, **values: Any) -> Milestone:
    fields = {"title": f"节点{code}", "quote": "目标", "due": date(task.plan.year, 12, 31), **values}
    return Milestone.objects.create(task=task, code=code, **fields)


def said(done: str = "已推进", **steps: str) -> TypedReport:
    """`said(m3="40")`, `said(m3="100 2014-06-20")`: what is said about milestones by their ids."""
    read = {int(name[1:]): TypedMilestone(*text.split(" ")) for name, text in steps.items()}
    return TypedReport(done, "下月继续", "", read)


def handed_in(
    place: ReportPlace, by: User, words: TypedReport | None = None, reason: str = "", version: int = 0
) -> ProgressReport:
    save_report(place, words or said(), version=version, by=by)
    made = hand_in_report(place, by=by, reason=reason)
    assert made is not None
    return made


def approved(
    place: ReportPlace, by: User, reviewer: User, words: TypedReport | None = None, reason: str = "", version: int = 0
) -> ProgressReport:
    return approve_report(handed_in(place, by, words, reason, version), by=reviewer)


def paper(name: str = "证明.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, papers.PDF)
