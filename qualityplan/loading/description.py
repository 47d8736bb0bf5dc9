"""The tables of docs/fixtures.md, in Chinese and English: what each field means and what may be written in it."""

import re
from collections.abc import Iterator

from django.conf import settings
from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from plans.fields import MonthField
from qualityplan.loading.kinds import Model, fields_of_natural_key, loadable_fields, model_called, required_fields

PATH = settings.BASE_DIR / "docs" / "fixtures.md"

MARKED = re.compile(r"<!-- fields of ([a-z.]+) -->\n.*?<!-- end -->", re.DOTALL)
"""A model's two marks in the document, and what stands between them."""

HEADINGS = (_("field"), _("meaning"), _("what is written"), _("required"))

WRITTEN: tuple[tuple[type[models.Field], Promise, str], ...] = (
    (MonthField, _("a month"), "`2030-06`"),
    (models.DateField, _("a day"), "`2030-06-27`"),
    (models.BooleanField, _("yes or no"), "`true` `false`"),
    (models.JSONField, _("a list"), "`[{…}]`"),
    (models.SlugField, _("letters, digits, - and _"), ""),
    (models.DecimalField, _("a number"), ""),
    (models.IntegerField, _("a whole number"), ""),
    (models.CharField, _("any text"), ""),
    (models.TextField, _("any text"), ""),
)
"""What is written in a field of a class, and an example; the first class that fits counts."""


def redraw_fixture_tables(document: str) -> str:
    """The document with its tables drawn anew."""
    return MARKED.sub(lambda found: "\n".join(_marked(found[1])), document)


def _marked(label: str) -> Iterator[str]:
    yield f"<!-- fields of {label} -->"
    yield from _table(_model(label))
    yield "<!-- end -->"


def _model(label: str) -> Model:
    model = model_called(label)
    if model is None:
        raise ValueError(f"no such model: {label}")
    return model


def _table(model: Model) -> Iterator[str]:
    yield f"| {' | '.join(both(heading) for heading in HEADINGS)} |"
    yield "|---|---|---|---|"
    required = required_fields(model)
    for field in loadable_fields(model):
        needed = "●" if field.name in required else ""
        yield f"| `{field.name}` | {both(field.verbose_name)} | {_written(field)} | {needed} |"


def _written(field: models.Field) -> str:
    """What may be written in the field."""
    if field.choices:
        return "<br>".join(f"`{value}` {both(words)}" for value, words in field.flatchoices)
    if field.related_model is not None:
        kind = both(_("list of references")) if field.many_to_many else both(_("reference"))
        return f"{kind}: {_reference(field.related_model)}"
    words, example = next((words, example) for kind, words, example in WRITTEN if isinstance(field, kind))
    return f"{both(words)} {example}".strip()


def _reference(model: Model) -> str:
    """How an object is named: `targets.target` `["plan.code", "code"]`."""
    names = ", ".join(f'"{name}"' for name in key_names(model))
    return f"`{model._meta.label_lower}` `[{names}]`"


def key_names(model: Model) -> list[str]:
    """The parts of the natural key, as a reference lists them: `["plan.code", "code"]` for a target."""
    fields = {field.name: field for field in loadable_fields(model)}
    return [part for name in fields_of_natural_key(model) for part in _parts(fields[name])]


def _parts(field: models.Field) -> list[str]:
    if field.related_model is None:
        return [field.name]
    return [f"{field.name}.{part}" for part in key_names(field.related_model)]


def both(words: object) -> str:
    """The words in Chinese and in English."""
    said = []
    for language in ("zh-hans", "en"):
        with override(language):
            said.append(str(words))
    return " · ".join(dict.fromkeys(said))
