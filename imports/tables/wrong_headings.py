"""Headings that are wrong: told once each, at the heading, for the rows below cannot tell (pure, imports no Django)."""

from collections.abc import Collection, Iterator, Sequence

from imports.tables.columns import UNKNOWN, RecognisedColumn
from imports.tables.extraction import SHARED, Extraction, group_figure_columns
from imports.tables.lines import TableMistake
from imports.vocabulary.values import quoted
from imports.vocabulary.wording import MEASURES, NAMES
from targets.entry_rules.figures import Problem


def check_headings(found: Extraction) -> Iterator[TableMistake]:
    """Headings that are not understood, that stand there twice, and that are missing."""
    last = found.sheet.heading_rows[-1]
    for column in found.sheet.columns:
        if column.meaning == UNKNOWN:
            yield found.mistake(last, Problem("heading_unknown", "", (("found", quoted(column.heading)),)), column)
    for column in find_repeated_columns(found.sheet.columns):
        yield found.mistake(last, Problem("heading_twice", column.meaning), column)
    for name in find_missing_meanings(found.sheet.columns, {name for name in NAMES if getattr(found.sheet, name)}):
        yield TableMistake(found.sheet.sheet, last, Problem("column_missing", name))
    if found.sheet.contradiction and "month" in found.sheet.sources:
        name, title = found.sheet.contradiction
        details = (("sheet", name), ("title", title))
        yield TableMistake(found.sheet.sheet, 1, Problem("month_contradicts", "month", details))


def find_repeated_columns(columns: Sequence[RecognisedColumn]) -> Iterator[RecognisedColumn]:
    """The columns that mean what one before them means already."""
    seen: set[tuple[object, ...]] = set()
    for column in columns:
        if column.meaning in (*SHARED, *MEASURES):
            if (column.meaning, *column.fixed) in seen:
                yield column
            seen.add((column.meaning, *column.fixed))


def find_missing_meanings(columns: Sequence[RecognisedColumn], given: Collection[str]) -> Iterator[str]:
    """The meanings without which the columns make no figures; `given` are the names told for the whole sheet."""
    groups = group_figure_columns(columns)
    shared = {column.meaning for column in columns if not any(column.fixed)}
    for position, name in enumerate(NAMES):
        told = name in shared or name in given
        if not told and not (groups and all(group.fixed[position] for group in groups)):
            yield name
    for group in groups:
        if len({"numerator", "denominator"} & set(group.columns)) == 1:
            yield "numerator" if "denominator" in group.columns else "denominator"
    if not groups:
        yield "value"
