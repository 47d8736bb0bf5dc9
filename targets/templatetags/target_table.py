"""The lines of a table of targets. They stand here and not in a template because a page has dozens of them."""

from collections.abc import Iterable

from django import template
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from pages.markup import NONE, fill_markup, fill_markup_around, join_markup
from targets.models import Target
from targets.reading.selectors import TargetRow
from targets.templatetags.lights import freshness, light_tag, progress_text, sparkline

register = template.Library()

LINE = """
<tr>
  <th scope="row" class="cell-name"><a href="{address}?{query}">{name}</a>{mark}</th>
  <td class="cell-actual">{actual}{done}</td>
  <td class="cell-aim">{threshold}</td>
  <td class="cell-trend">{trend}</td>
  <td class="cell-light">{light}</td>
  <td class="cell-fresh">{freshness}</td>
</tr>
"""


@register.simple_tag
def target_rows(rows: Iterable[TargetRow], query: str) -> SafeString:
    """Each target with what is reached, promised and how it stands; `query` goes along to its page."""
    mark = fill_markup_around(' <span class="tag">{it}</span>', pgettext("mark on a target", "aspirational"))
    done = _("%(share)s done")
    return join_markup(_line(row, query, mark, done) for row in rows)


def _line(row: TargetRow, query: str, mark: SafeString, done: str) -> SafeString:
    target, shown = row.target, row.shown
    share = progress_text(row.attainment)
    return fill_markup(
        LINE,
        address=row.address,
        query=query,
        name=target.name,
        mark=mark if target.firmness == Target.Firmness.ASPIRATIONAL else NONE,
        actual=shown.actual or "—",
        done=fill_markup_around("<small>{it}</small>", share and done % {"share": share}),
        threshold=shown.threshold,
        trend=sparkline(row.trend, target.plan) if target.comparator != Target.Comparator.DONE_BY else NONE,
        light=light_tag(row.light),
        freshness=freshness(row.attainment),
    )
