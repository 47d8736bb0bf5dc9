"""A pattern writes what a template writes, only sooner."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import settings
from django.test import override_settings
from django.utils.safestring import SafeString
from django.utils.translation import override

from pages.patterns import NONE, Pattern

WRITTEN = """{# A cell. #}
{% load i18n %}
<td class="{x}">{% if name %}<b>{{ name }}</b>{% elif is_open %}{% translate "Note" %}{% endif %}{{ more }}</td>
"""


class CellValues(NamedTuple):
    """What the template above is filled with."""

    name: str
    is_open: bool
    more: SafeString


@pytest.fixture
def cell(tmp_path: Path) -> Iterator[Pattern[CellValues]]:
    (tmp_path / "cell.html").write_text(WRITTEN)
    engine = settings.TEMPLATES[0] | {"DIRS": [tmp_path]}
    with override_settings(TEMPLATES=[engine]):
        yield Pattern("cell.html", CellValues)


def test_values_stand_where_the_template_names_them(cell: Pattern[CellValues]) -> None:
    html = cell.fill(CellValues("鹿城", is_open=False, more=SafeString("<i>1</i>")))
    assert html == '<td class="{x}"><b>鹿城</b><i>1</i></td>'


def test_what_is_no_html_is_escaped(cell: Pattern[CellValues]) -> None:
    html = cell.fill(CellValues("\"'<script>&{0}", is_open=False, more=NONE))
    assert html == '<td class="{x}"><b>&quot;&#x27;&lt;script&gt;&amp;{0}</b></td>'


def test_conditions_turn_out_for_each_row_by_itself(cell: Pattern[CellValues]) -> None:
    rows = [CellValues("", is_open=False, more=NONE), CellValues("a", is_open=True, more=NONE)]
    assert cell.fill_all(rows) == '<td class="{x}"></td><td class="{x}"><b>a</b></td>'


def test_each_language_has_its_words(cell: Pattern[CellValues]) -> None:
    values = CellValues("", is_open=True, more=NONE)
    with override("en"):
        assert "Note" in cell.fill(values)
    with override("zh-hans"):
        assert "Note" not in cell.fill(values)
    with override("en"):
        assert "Note" in cell.fill(values)
