"""What the printed notice says, in the parts of an official document (GB/T 9704-2012); always in Chinese."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from targets.wording.notices import list_names
from tasks.models import StepAttachment, SupervisionNotice, SupervisionRules
from tasks.wording.grounds import explain_notice_grounds


@dataclass(frozen=True, slots=True)
class Annex:
    """A line of 附件说明: the name begins `left` letters from the edge, the line itself `hanging` letters before it."""

    text: str
    left: int
    hanging: int


@dataclass(frozen=True, slots=True)
class Paper:
    """The printed notice, part by part: 红头, 发文字号, 标题, 主送, 正文, 附件说明, 落款, 成文日期."""

    letterhead: str
    number: str
    title: str
    addressees: str
    paragraphs: Sequence[str]
    annexes: Sequence[Annex]
    signer: str
    day: str

    @property
    def letterhead_size(self) -> int:
        """The size in points: as large as the line of 156 mm (442 pt) allows, at most 36, at least size 2 (22 pt)."""
        return max(22, min(36, 442 // max(1, len(self.letterhead))))


def paper_of(notice: SupervisionNotice) -> Paper:
    """The document of a notice that has been issued; ValueError for a proposal, which is none yet."""
    if notice.issued_at is None or notice.due is None or notice.lead is None:
        raise ValueError(f"not issued: {notice.pk}")
    rules = SupervisionRules.of(notice.plan)
    with override("zh-hans"):
        units = [notice.lead, *notice.support.all()]
        return Paper(
            letterhead=rules.letterhead or _("%(issuer)s: notice of supervision") % {"issuer": notice.plan.issuer},
            number=notice.number,
            title=notice.title,
            addressees=list_names([unit.name for unit in units]),
            paragraphs=[paragraph for paragraph in _paragraphs(notice, _issue_due(notice)) if paragraph],
            annexes=_annexes(list(StepAttachment.objects.of_issue(notice))),
            signer=rules.signer or notice.plan.issuer,
            day=date_format(timezone.localdate(notice.issued_at)),
        )


def _annexes(files: Sequence[StepAttachment]) -> Sequence[Annex]:
    """Writes 附件：甲, or 附件：1.甲 and below it 2.乙, without the files' endings; a long name goes on below its own
    beginning."""
    names, word = [PurePath(file.name).stem for file in files], f"{_('Attachments')}："
    if len(names) == 1:
        return [Annex(f"{word}{names[0]}", 5, 3)]
    lines = [f"{number}.{name}" for number, name in enumerate(names, start=1)]
    return [Annex(f"{word}{line}", 6, 4) if line is lines[0] else Annex(line, 6, 1) for line in lines]


def _issue_due(notice: SupervisionNotice) -> date:
    """The limit that the notice set when it was issued; rework has limits of its own."""
    issued = notice.steps.filter(verb="issue").values_list("due", flat=True).first()
    due = issued or notice.due
    if due is None:
        raise ValueError("a notice that is printed was issued, and has a limit")
    return due


def _paragraphs(notice: SupervisionNotice, due: date) -> Sequence[str]:
    said = {"unit": notice.lead, "day": date_format(due), "number": notice.days}
    support = list_names([unit.short_name for unit in notice.support.all()])
    return [
        explain_notice_grounds(notice.grounds),
        *notice.demand.splitlines(),
        _("Led by %(unit)s.") % said + (_("Supported by %(units)s.") % {"units": support} if support else ""),
        _("Receive this notice at once, and answer within %(number)d working days, by %(day)s.") % said,
    ]
