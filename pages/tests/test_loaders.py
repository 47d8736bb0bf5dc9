"""Own templates are read without their indentation, and mean the same."""

from pathlib import Path

import pytest
from django.template.engine import Engine
from django.template.loader import get_template

SOURCE = '<ul>\n  <li>{{ name }}</li>\n\t<li\n    class="b">two  words</li>\n</ul>\n'


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    (tmp_path / "page.html").write_text(SOURCE)
    (tmp_path / "mail.txt").write_text("one\n  two\n")
    return Engine(dirs=[str(tmp_path)], loaders=["pages.loaders.IndentationLoader"])


def test_a_line_of_html_begins_without_white_space_and_stays_a_line(engine: Engine) -> None:
    html = engine.render_to_string("page.html", {"name": "a\n  b"})
    assert html == '<ul>\n<li>a\n  b</li>\n<li\nclass="b">two  words</li>\n</ul>\n'


def test_a_text_is_read_as_it_is(engine: Engine) -> None:
    assert engine.render_to_string("mail.txt") == "one\n  two\n"


def test_the_service_reads_its_templates_so() -> None:
    assert "\n " not in get_template("pages/base.html").template.source  # type: ignore[attr-defined]  # Django's own engine
