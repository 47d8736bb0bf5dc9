"""Four plans for one installation, each with all that it needs to be loaded alone: the plan of 2014, the made-up plans
of one of its counties and of five years, which ask for some of the same figures, and another city's plan of 2014."""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command

from departments.models import Department, Membership, User
from departments.permissions import Role
from imports.tables.parsing import HEADINGS
from qualityplan.demonstration import figures
from qualityplan.demonstration.shapes import read_scenario
from qualityplan.tests.fixture_rows import Row, row
from targets.judging.recompute import recompute_dirty

FIXTURES = settings.BASE_DIR / "fixtures"
BASE = FIXTURES / "10_departments.json"
CITY, COUNTY, FIVE_YEARS = "wenzhou-2014-quality", "ruian-2014-quality", "wenzhou-2011-2015-quality"
OTHER_CITY = "lishui-2014-quality"


@dataclass(frozen=True, slots=True)
class Loadable:
    """A plan with the files that are loaded, the file of its figures, and the unit whose coordinator imports them."""

    code: str
    files: Sequence[Path]
    folder: Path
    office: str

    def load(self) -> None:
        """As README says: `load_fixtures`, then its figures by `import_observations`, then what waits to be judged."""
        call_command("load_fixtures", *map(str, self.files), verbosity=0, stdout=StringIO())
        path = self._figures(self.folder / self.code)
        call_command("import_observations", str(path), by=self.coordinator.username, stdout=StringIO())
        while recompute_dirty()[0]:
            pass

    @property
    def coordinator(self) -> User:
        """Who looks after the plan."""
        user, made = User.objects.get_or_create(username=f"coordinator-{self.office}")
        if made:
            unit = Department.objects.get(code=self.office)
            Membership.objects.create(user=user, department=unit, role=Role.COORDINATOR.value)
        return user

    def _figures(self, folder: Path) -> Path:
        told = read_scenario(self.code)
        if told is None:
            return _written(folder, OTHER_CITYS_FIGURES)
        all_at_once = {"all": [one for month in figures.figures_of_scenario(told).values() for one in month]}
        return figures.write_figure_files(all_at_once, folder)["all"]


def four_plans(folder: Path) -> dict[str, Loadable]:
    """The four by their codes; files that are made for them lie in the folder."""
    real = [FIXTURES / f"{name}.json" for name in ("20_plan_2014", "30_targets_2014", "40_tasks_2014")]
    county = [_asked_for(folder, "farm-products-safety", "dangerous-houses"), _made_up("50_county_2014")]
    years = [_asked_for(folder, "manufacturing-quality"), _made_up("60_five_years")]
    other = [_asked_for(folder, "manufacturing-quality"), _rows(folder / "other.json", other_city())]
    all_of_them = (
        Loadable(CITY, [BASE, FIXTURES / "15_calendar.json", *real], folder, "quality"),
        Loadable(COUNTY, [BASE, *county], folder, "ruian-quality"),
        Loadable(FIVE_YEARS, [BASE, *years], folder, "quality"),
        Loadable(OTHER_CITY, [BASE, *other], folder, "lishui-quality"),
    )
    return {one.code: one for one in all_of_them}


def _made_up(name: str) -> Path:
    return FIXTURES / "demonstration" / f"{name}.json"


def _asked_for(folder: Path, *codes: str) -> Path:
    """The indicators of the plan of 2014 for which another plan asks too, as its own file must bring them."""
    known = json.loads((FIXTURES / "30_targets_2014.json").read_text(encoding="utf-8"))
    chosen = [one for one in known if one["model"] == "targets.indicator" and one["fields"]["code"] in codes]
    return _rows(folder / f"{'-'.join(codes)}.json", chosen)


def _rows(path: Path, rows: Sequence[Any]) -> Path:
    path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")
    return path


# --- Another city's plan ----------------------------------------------------------------------------------------------

_AIM = "一、制造业产品质量合格率达到90%以上，培育品牌企业60家，年内建成检测中心，投诉量比上年下降3%。"
_WORK = "二、6月底前制定实施方案，年底前总结。（市质监局牵头）"


def other_city() -> list[Row]:
    """Lishui with two counties and a bureau that is called as one of Wenzhou's; its plan has the codes of targets and
    tasks that Wenzhou's plans have too, a shared indicator, quotas, a step and an event with its milestone."""
    plan = [OTHER_CITY]
    return [
        row("departments.region", code="331100", name="丽水市", kind="city", parent=["330000"]),
        row("departments.region", code="331121", name="青田县", kind="county", parent=["331100"]),
        row("departments.region", code="331123", name="遂昌县", kind="county", parent=["331100"]),
        row("departments.department", code="lishui-quality", name="丽水市质量技术监督局", **_BUREAU),
        row("plans.plan", code=OTHER_CITY, title="2014年丽水市质量强市计划", **_HEAD),
        row("plans.clause", plan=plan, path="一", order=1, text=_AIM),
        row("plans.clause", plan=plan, path="二", order=2, text=_WORK),
        _indicator("brands", "丽水品牌企业", measure="count", time_rule="sum", region_rule="sum", unit="家"),
        _indicator("centre", "丽水检测中心", measure="event", time_rule="max"),
        _indicator("complaints", "丽水投诉量", "lower", measure="count", time_rule="sum", unit="件"),
        _target("manufacturing-quality", "制造业产品质量合格率达到90%以上", "at_least", "90", "manufacturing-quality"),
        _target("brands", "培育品牌企业60家", "at_least", "60", coverage="quotas"),
        _target("parts-centre", "年内建成检测中心", "done_by", None, "lishui-centre", threshold_kind="nothing"),
        _target("quality-complaints", "投诉量比上年下降3%", "at_most", "-3", "lishui-complaints", **_LAST_YEAR),
        row("targets.step", target=[OTHER_CITY, "brands"], due="2014-06-30", threshold="24"),
        row("targets.quota", target=[OTHER_CITY, "brands"], region=["331121"], threshold="40", from_month="2014-01"),
        row("targets.quota", target=[OTHER_CITY, "brands"], region=["331123"], threshold="20", from_month="2014-01"),
        row("targets.quota", target=[OTHER_CITY, "brands"], region=["331123"], threshold="24", from_month="2014-07"),
        row("targets.targetassignment", target=[OTHER_CITY, "brands"], department=["lishui-quality"], role="lead"),
        row("tasks.task", plan=plan, code="platform", title="实施方案", clause=[OTHER_CITY, "二"], quote=_WORK, **_DUE),
        row("tasks.assignment", task=[OTHER_CITY, "platform"], department=["lishui-quality"], role="lead"),
        _milestone("scheme", "6月底前制定实施方案", "2014-06-30", done_on="2014-05-20"),
        _milestone("centre", "年底前总结", "2014-12-31", target=[OTHER_CITY, "parts-centre"]),
    ]


_BUREAU = {"short_name": "市质监局", "aliases": [], "kind": "bureau", "region": ["331100"]}
_HEAD = {
    "number": "丽政办〔2014〕7号",
    "issuer": "丽水市人民政府办公室",
    "issued_on": "2014-03-03",
    "region": ["331100"],
    "first_month": "2014-01",
    "last_month": "2014-12",
    "state": "published",
}
_DUE = {"due": "2014-12-31"}
_LAST_YEAR = {"threshold_kind": "last_year"}


def _indicator(code: str, name: str, direction: str = "higher", **rules: Any) -> Row:
    fields = {"direction": direction, "department": ["lishui-quality"], **rules}
    return row("targets.indicator", code=f"lishui-{code}", name=name, **fields)


def _target(code: str, quote: str, comparator: str, threshold: str | None, measured: str = "", **fields: Any) -> Row:
    named = {"plan": [OTHER_CITY], "code": code, "name": quote, "clause": [OTHER_CITY, "一"], "quote": quote}
    rule = {"comparator": comparator, "threshold_kind": "constant", "threshold": threshold, **fields}
    return row("targets.target", **named, indicator=[measured or f"lishui-{code}"], **rule, **_DUE)


def _milestone(code: str, quote: str, due: str, **fields: Any) -> Row:
    named = {"task": [OTHER_CITY, "platform"], "code": code, "title": quote, "quote": quote}
    return row("tasks.milestone", **named, due=due, **fields)


OTHER_CITYS_FIGURES = (
    ("制造业产品质量合格率", "丽水市", "2014-03", "", "88", "100"),
    ("制造业产品质量合格率", "丽水市", "2014-06", "", "95", "100"),
    ("丽水品牌企业", "青田县", "2014-04", "18", "", ""),
    ("丽水品牌企业", "遂昌县", "2014-08", "9", "", ""),
    ("丽水检测中心", "丽水市", "2014-09", "0", "", ""),
    ("丽水投诉量", "丽水市", "2013-05", "200", "", ""),
    ("丽水投诉量", "丽水市", "2014-05", "194", "", ""),
)
"""Indicator, region, month, value, numerator, denominator."""


def _written(folder: Path, rows: Sequence[Sequence[str]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path, names = folder / "figures.csv", [HEADINGS[name][-1] for name in _COLUMNS]
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([names, *rows])
    return path


_COLUMNS = ("indicator", "region", "month", "value", "numerator", "denominator")
