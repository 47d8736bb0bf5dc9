"""What is wrong with the headings of a sheet (pure, imports no Django)."""

from collections.abc import Iterator

from imports.columns import UNKNOWN
from imports.extraction import SHARED, Extraction
from imports.lines import Mistake
from imports.values import quoted
from imports.wording import MEASURES, NAMES
from targets.figures import Problem


def check_headings(found: Extraction) -> Iterator[Mistake]:
    """Headings that are not understood, that stand there twice, and that are missing."""
    last = found.sheet.heading_rows[-1]
    seen: set[tuple[object, ...]] = set()
    for column in found.sheet.columns:
        if column.meaning == UNKNOWN:
            yield found.mistake(last, Problem("heading_unknown", "", (("found", quoted(column.heading)),)), column)
        elif column.meaning in (*SHARED, *MEASURES):
            if (column.meaning, *column.fixed) in seen:
                yield found.mistake(last, Problem("heading_twice", column.meaning), column)
            seen.add((column.meaning, *column.fixed))
    for name in _missing(found):
        yield Mistake(found.sheet.sheet, last, Problem("column_missing", name))
    if found.sheet.contradiction and "month" in found.sheet.sources:
        name, title = found.sheet.contradiction
        details = (("sheet", name), ("title", title))
        yield Mistake(found.sheet.sheet, 1, Problem("month_contradicts", "month", details))


def _missing(found: Extraction) -> Iterator[str]:
    for position, name in enumerate(NAMES):
        told = name in found.shared or getattr(found.sheet, name)
        if not told and not (found.groups and all(group.fixed[position] for group in found.groups)):
            yield name
    for group in found.groups:
        if len({"numerator", "denominator"} & set(group.columns)) == 1:
            yield "numerator" if "denominator" in group.columns else "denominator"
    if not found.groups:
        yield "value"
