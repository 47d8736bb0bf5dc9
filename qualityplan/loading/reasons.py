"""Why a row is refused: one sentence a fault, with what would be right."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext as _

from plans.wording import join_sentences
from qualityplan.loading.files import FixtureRow
from qualityplan.loading.kinds import find_stored_object, loadable_fields, loadable_models, required_fields
from targets.wording.notices import list_names


def reasons_row_is_refused(row: FixtureRow, error: ValidationError) -> list[str]:
    """The sentences about a row; what it lacks is named in one, before what is wrong in it."""
    if row.model is None or not hasattr(error, "error_dict"):
        return list(error.messages)
    lacking = missing_fields_of_row(row, row.model)
    said = [_("These fields are missing: %(names)s.") % {"names": list_names(lacking)}] if lacking else []
    fields = {field.name: field for field in loadable_fields(row.model)}
    for name, faults in error.error_dict.items():
        if name not in lacking:
            said += [sentence for fault in faults for sentence in _about(name, fields.get(name), fault)]
    return said


def missing_fields_of_row(row: FixtureRow, model: type[models.Model]) -> list[str]:
    """The fields that the row would have to give. Of an object that is stored already a row may give some alone."""
    lacking = [name for name in required_fields(model) if name not in row.fields]
    return lacking if lacking and find_stored_object(model, row.key) is None else []


def _about(name: str, field: models.Field | None, fault: ValidationError) -> Iterator[str]:
    """The sentences of one fault, led by the field it lies in."""
    lead = "" if name == NON_FIELD_ERRORS else f"{name}: "
    if fault.code == "invalid_choice" and field is not None and field.choices:
        yield lead + tell_allowed_values(field, (fault.params or {}).get("value"))
    elif fault.code == "invalid" and isinstance(field, models.BooleanField):
        yield lead + _("Write true or false, without quotation marks.")
    else:
        yield from (lead + message for message in fault.messages)


def tell_allowed_values(field: models.Field, value: object) -> str:
    """What may stand in the field instead of the value, each with its meaning."""
    known = [_("%(value)s (%(words)s)") % {"value": value, "words": words} for value, words in field.flatchoices]
    return _('"%(value)s" is not one of the allowed values: %(allowed)s.') % {
        "value": value,
        "allowed": list_names(known),
    }


def unknown_field(model: type[models.Model], name: str) -> str:
    """That there is no such field, and which one may have been meant."""
    known = [field.name for field in loadable_fields(model)]
    return join_sentences(_("There is no such field."), _perhaps(name, known))


def unknown_model(label: str) -> str:
    """That there is no such model, and which one may have been meant."""
    said = _('There is no model "%(name)s".') % {"name": label}
    return join_sentences(said, _perhaps(label, [model._meta.label_lower for model in loadable_models()]))


def tell_not_loadable() -> str:
    """That objects of a model come by other ways, and which ones are loaded."""
    names = list_names(sorted(model._meta.label_lower for model in loadable_models()))
    return _("Objects of this kind are not loaded from fixtures. Those that are: %(names)s.") % {"names": names}


def _perhaps(written: str, known: Iterable[str]) -> str:
    """The known name that resembles most what is written, or all of them if none does."""
    names = sorted(known)
    near = get_close_matches(written.lower(), names, n=1)
    if near:
        return _('Perhaps "%(name)s" is meant.') % {"name": near[0]}
    return _("There are: %(names)s.") % {"names": list_names(names)}
