"""A city with one of everything that must stay its own: plan and draft, figures, papers, files, people, a county.

Whatever is of a city says its name (温州, 丽水), so that a page is easily searched for another city's.
"""

from dataclasses import dataclass, field
from datetime import date

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from departments.models import AuditEvent, Department, Region, Screen, User
from departments.permissions import Role
from departments.services.screens import open_screen
from departments.tests.cities import City
from departments.tests.cities import city as city_named
from imports.models import ImportBatch
from imports.services.receiving import receive_import_file
from plans.models import Clause, Plan
from plans.periods import Month
from plans.tests.factories import plan_of_year
from reviews.tests import papers
from targets.models import Attachment, DataQuestion, Indicator, Revision, Source, Target, TargetAssignment
from targets.services.attachments import attach
from targets.services.drafting import Typed, hand_in, save_draft
from targets.services.official import make_official
from targets.tests import factories as f
from targets.tests.questions import asked_about
from tasks.models import Assignment, Comment, Milestone, ProgressReport, StepAttachment, SupervisionNotice, Task
from tasks.rules.accounts import TypedReport
from tasks.services import supervision
from tasks.services.attachments import attach_to_report
from tasks.services.commenting import write_comment
from tasks.services.places import ReportPlace
from tasks.services.reporting import hand_in_report, save_report
from tasks.services.supervision import NoticeProposal

MONTH = Month(2014, 6)
MARKS = {"温州": ("温州", "330300", "330324"), "丽水": ("丽水", "331100", "331124")}
"""By what one knows that something is a city's: its name, and its code and its county's, whole: a few digits of them
also stand in the numbers of other rows."""


@dataclass
class Possession:
    """What belongs to one plan: of a city or of its county."""

    plan: Plan
    target: Target
    indicator: Indicator
    task: Task
    waiting: Revision
    attached: Attachment
    report: ProgressReport
    notice: SupervisionNotice
    enclosed: StepAttachment
    comment: Comment
    question: DataQuestion
    batch: ImportBatch
    screen: Screen
    unit: Department


@dataclass
class Whole:
    """A city with its people, what is its own and what is its county's; `draft` is its next plan, nobody else's yet."""

    name: str
    city: City
    own: Possession
    county: Possession
    draft: Plan
    draft_clause: int
    event: AuditEvent
    people: dict[Role, User] = field(default_factory=dict)
    countys: dict[Role, User] = field(default_factory=dict)

    @property
    def marks(self) -> tuple[str, ...]:
        return MARKS[self.name]


def whole_city(name: str, above: Region | None = None) -> Whole:
    """A city with everything."""
    city = city_named(name, whole=above)
    people = {role: city.person(role) for role in Role}
    countys = {
        Role.COORDINATOR: city.person(Role.COORDINATOR, city.county_quality),
        Role.LEADER: city.person(Role.LEADER, city.county_office),
        Role.ADMINISTRATOR: city.person(Role.ADMINISTRATOR, city.county_office),
        Role.REPORTER: city.person(Role.REPORTER, city.county_bureau),
        Role.REVIEWER: city.person(Role.REVIEWER, city.county_bureau),
    }
    own = _possession(f"{name}市", f"city-{city.region.code}", city.region, people, city.bureau)
    county = _possession(f"{name}县", f"county-{city.region.code}", city.county, countys, city.county_bureau)
    months = {"code": f"next-{city.region.code}", "state": "draft", "number": "", "issued_on": None}
    draft = plan_of_year(2015, title=f"{name}明年计划", region=city.region, **months)
    words = Clause.objects.create(plan=draft, path="一", order=1, text="")
    event = AuditEvent.objects.filter(actor=people[Role.COORDINATOR]).latest("pk")
    return Whole(name, city, own, county, draft, words.pk, event, people, countys)


def _possession(name: str, code: str, place: Region, people: dict[Role, User], unit: Department) -> Possession:
    document = plan_of_year(
        2014,
        code=f"plan-{code}",
        title=f"{name}计划",
        number=f"{name}政〔2014〕1号",
        issuer=f"{name}政府",
        region=place,
    )
    clause = Clause.objects.create(plan=document, path="一", order=1, text=f"一、{name}目标达到百分之九十二以上。")
    measured = _indicator(name, code, unit)
    target = _target(name, code, document, measured, unit)
    task = _task(name, code, document, clause, unit)
    waiting, attached = _figures(measured, place, people)
    now, lead = timezone.now(), people[Role.COORDINATOR]
    notice = _notice(name, task, unit, lead)
    written = write_comment(
        task, text=f"{name}请加快", asked=unit, due=timezone.localdate(now), by=people[Role.LEADER], now=now
    )
    file = SimpleUploadedFile(f"{name}.csv", f"指标,地区,月份,数值\n{measured.code},{place.code},2014-07,3\n".encode())
    return Possession(
        document,
        target,
        measured,
        task,
        waiting,
        attached,
        _report(name, task, unit, people[Role.REPORTER]),
        notice,
        StepAttachment.objects.get(step__notice=notice),
        written,
        asked_about(document, unit, lead),
        receive_import_file(file, by=lead),
        open_screen(name=f"{name}会议室", region=place, by=lead)[0],
        unit,
    )


def _indicator(name: str, code: str, unit: Department) -> Indicator:
    made = f.indicator("count", department=unit)
    Indicator.objects.filter(pk=made.pk).update(name=f"{name}指标", code=f"indicator-{code}")
    made.refresh_from_db()
    return made


def _target(name: str, code: str, document: Plan, measured: Indicator, unit: Department) -> Target:
    made = f.target(measured, threshold=10, plan=document)
    Target.objects.filter(pk=made.pk).update(name=f"{name}目标", code=f"target-{code}")
    TargetAssignment.objects.create(target=made, department=unit, role="lead")
    made.refresh_from_db()
    return made


def _task(name: str, code: str, document: Plan, clause: Clause, unit: Department) -> Task:
    fields = {"plan": document, "clause": clause, "quote": clause.text, "due": date(2014, 12, 31)}
    made = Task.objects.create(code=f"task-{code}", title=f"{name}任务", **fields)
    Assignment.objects.create(task=made, department=unit, role="lead")
    Milestone.objects.create(task=made, code="first", title=f"{name}节点", due=date(2014, 6, 30), quote=clause.text)
    return made


def _figures(measured: Indicator, place: Region, people: dict[Role, User]) -> tuple[Revision, Attachment]:
    """One figure that is official, and one that waits for its review, with a file."""
    by, author = people[Role.COORDINATOR], people[Role.REPORTER]
    source = Source.objects.create(kind="import", label=f"{place.name}.csv", by=by)
    make_official([f.entry(measured, "2014-05", 4, place=place)], source=source, by=by)
    key = (measured.pk, place.pk, MONTH)
    attached = attach(key, SimpleUploadedFile(f"{place.name}.pdf", papers.PDF), by=author)
    save_draft(key, Typed(value="5", note=f"{place.name}核对无误"), version=0, by=author)
    f.recompute()
    return hand_in([key], by=author)[0], attached


def _report(name: str, task: Task, unit: Department, author: User) -> ProgressReport:
    place = ReportPlace(task, unit, MONTH)
    save_report(place, TypedReport(f"{name}已完成方案"), version=0, by=author)
    attach_to_report(place, SimpleUploadedFile(f"{name}方案.pdf", papers.PDF), by=author)
    made = hand_in_report(place, by=author)
    assert made is not None
    return made


def _notice(name: str, task: Task, unit: Department, by: User) -> SupervisionNotice:
    said = NoticeProposal(plan=task.plan, title=f"{name}督办", demand=f"{name}请办理。", task=task, lead=unit)
    made = supervision.propose_notice(said, by=by, now=timezone.now())
    file = SimpleUploadedFile(f"{name}通知.pdf", papers.PDF)
    return supervision.issue_notice(made, by=by, now=timezone.now(), files=[file])
