"""A worksheet of which each row is kept as it was made last, for as long as nothing about the row is different."""

from collections.abc import Callable, Collection
from functools import cached_property, partial
from typing import TypeVar

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from departments.models import User
from plans.models import Change
from plans.page_cache import cached_pages
from reviews.documents import ENDINGS
from targets.entering import forms
from targets.entering.entry_grid import END, WrittenRow
from targets.entering.work_done import work_on
from targets.entering.worksheet import AskedSheet, UnitWorksheet, outline_of, put_past, put_work

Kept = TypeVar("Kept")


class KeptWorksheet:
    """What is due and promised is kept by itself, and so is what is official about rows that are typed in.

    `due`, `work` and `figures` are read at once; everything else is made from these values, under which it is kept:
    they are the indicators that are asked for, what people have done about them, and the numbers of the figures'
    changes.
    """

    def __init__(self, request: HttpRequest, asked: AskedSheet, user: User) -> None:
        self.request, self.asked, self.user = request, asked, user
        self.plan_code, plans = asked.plans[0].code, [plan.pk for plan in asked.plans]
        self.version = plans, Change.objects.outline_of_regions({plan.region_id for plan in asked.plans})
        self.due = self._keep("due", lambda: self.outline.asked, beside=self.version)
        titles = {plan.pk: plan.title for plan in asked.plans}
        self.work = work_on(self.due, titles, asked.department.region_id, asked.month)
        self.figures = Change.objects.numbers_over(plans, self.due)

    @property
    def beside(self) -> object:
        """All that the page shows beside the plan's outline, as plain values."""
        return self.user.pk, self.version, self.work, self.figures

    @cached_property
    def outline(self) -> UnitWorksheet:
        """The worksheet before any figure; made once for a request, and only where it is not kept."""
        return outline_of(self.asked.department, self.asked.plans, self.asked.month, self.user)

    @property
    def frame(self) -> UnitWorksheet:
        """The worksheet without its rows."""
        return UnitWorksheet(self.asked.department, self.asked.plans, self.asked.month, locked=self.work.locked)

    def rows(self) -> list[WrittenRow]:
        """Every row that is due, of which only those are written that are different from all written before."""
        about = self.work.by_indicator()
        of = {indicator: (self.version, self.figures.get(indicator), *told) for indicator, told in about.items()}
        rows = cached_pages.keep_plan_values(self.request, self._write_rows_of, plan_code=self.plan_code, of=of)
        return [rows[indicator] for indicator in self.due if indicator in rows]

    def _write_rows_of(self, indicators: Collection[int]) -> dict[int, WrittenRow]:
        official = {indicator: self.figures.get(indicator) for indicator in sorted(indicators)}
        sheet = self._keep("past", partial(self._read_past, indicators), beside=(self.version, official))
        put_work(sheet, self.work.only(indicators))
        forms.show_problems(sheet)
        return write_rows(sheet)

    def _read_past(self, indicators: Collection[int]) -> UnitWorksheet:
        """The worksheet with what is official about these indicators."""
        sheet = self._keep("outline", lambda: self.outline, beside=self.version)
        put_past(sheet, self.user, indicators)
        return sheet

    def _keep(self, name: str, make: Callable[[], Kept], *, beside: object) -> Kept:
        return cached_pages.keep_plan_value(self.request, make, plan_code=self.plan_code, of=name, beside=beside)


def write_rows(sheet: UnitWorksheet) -> dict[int, WrittenRow]:
    """Each row as it stands in the page, by indicator."""
    if not sheet.rows:
        return {}
    html = render_to_string("targets/_rows.html", {"sheet": sheet, "accept": ENDINGS})
    pieces = zip(sheet.rows, html.split(END), strict=True)
    return {
        row.indicator.pk: WrittenRow(SafeString(piece), row.state, row.official is not None) for row, piece in pieces
    }
