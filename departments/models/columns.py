"""What models tell of themselves: a column by its name, and which fixtures have to be loaded before theirs."""

from collections.abc import Callable
from typing import TypeVar

from django.db import models

NaturalKey = TypeVar("NaturalKey", bound=Callable[..., tuple[object, ...]])


def column(model: type[models.Model] | models.Model, name: str) -> "models.Field[object, object]":
    """The field of that name, which is a column of the model's own table."""
    field = model._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise TypeError(f"{name} is no column")
    return field


def loaded_after(*labels: str) -> Callable[[NaturalKey], NaturalKey]:
    """Marks a model's natural key: it names rows of these models (`plans.plan`), whose fixtures come first."""

    def mark(natural_key: NaturalKey) -> NaturalKey:
        vars(natural_key)["dependencies"] = list(labels)
        return natural_key

    return mark
