"""A model field for months."""

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from plans.periods import Month

Written = Month | str | int | None
"""How a month is given: as itself, in text, or as the integer of the database."""

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    Base = models.Field[Month, Month]
else:
    Base = models.PositiveIntegerField


class MonthField(Base):
    """A calendar month, in Python a `Month`, in the database the integer YYYYMM, in fixtures and forms "2014-06"."""

    description = _("a calendar month")
    if TYPE_CHECKING:
        _pyi_private_set_type: Month
        _pyi_private_get_type: Month
        _pyi_lookup_exact_type: Month

    def to_python(self, value: Written) -> Month | None:
        if value is None or isinstance(value, Month):
            return value
        try:
            return Month.parse(value) if isinstance(value, str) and "-" in value else Month.from_key(int(value))
        except (ValueError, TypeError) as error:
            raise ValidationError(_("A month is written like 2014-06."), code="month") from error

    def from_db_value(self, value: int | None, expression: object, connection: object) -> Month | None:
        return None if value is None else Month.from_key(value)

    def get_prep_value(self, value: Written) -> int | None:
        month = self.to_python(value)
        return None if month is None else month.key

    def formfield(self, **kwargs: object) -> forms.CharField:
        """A line of text, "2014-06"; what was typed is understood by `to_python`."""
        return forms.CharField(
            required=not self.blank, label=capfirst(self.verbose_name), help_text=self.help_text, empty_value=None
        )

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def run_validators(self, value: object) -> None:
        """The range of integers says nothing about months; `to_python` has checked."""


def optional_month(
    verbose_name: "StrOrPromise", *, blank: bool = True, help_text: "StrOrPromise" = ""
) -> "models.Field[Month | None, Month | None]":
    """A month that may be left open."""
    # Untyped: the checker takes every field of this class for one that is never empty.
    options: dict[str, Any] = {"null": True, "blank": blank, "help_text": help_text}
    return cast("models.Field[Month | None, Month | None]", MonthField(verbose_name, **options))
