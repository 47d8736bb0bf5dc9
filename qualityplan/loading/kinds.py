"""What can be loaded: which models, which of their fields, and by which names objects are found."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ObjectDoesNotExist
from django.db import models

Model = type[models.Model]


def loadable_models() -> list[Model]:
    """The city's data: every model of ours that is known by a natural key."""
    return [model for model in apps.get_models() if is_loadable(model)]


def is_loadable(model: Model) -> bool:
    """Whether rows of the model are taken from fixtures.

    People have natural keys too. They are added on a page: a fixture would bring their passwords along.
    """
    app = model._meta.app_config
    is_ours = app is not None and Path(app.path).parent == settings.BASE_DIR
    return is_ours and hasattr(model, "natural_key") and not issubclass(model, AbstractBaseUser)


def model_called(label: str) -> Model | None:
    """The model with this label, if there is one."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def loadable_fields(model: Model) -> list[models.Field]:
    """What people may enter, and a plan's state; never the primary key: objects are named by what people know.

    Of the fields that no form has, a state says what the city knows. The others keep what a service did (who closed a
    task), and only the service writes them.
    """
    stored = (*model._meta.concrete_fields, *model._meta.many_to_many)
    return [field for field in stored if not field.primary_key and (field.editable or field.choices)]


def required_fields(model: Model) -> list[str]:
    """The names of the fields that a new object cannot be without."""
    return [
        field.name
        for field in loadable_fields(model)
        if not (field.many_to_many or field.null or field.blank or field.has_default())
    ]


def fields_of_natural_key(model: Model) -> list[str]:
    """The fields of the natural key: the first unique one, else those that are unique together."""
    for field in loadable_fields(model):
        if field.unique:
            return [field.name]
    together = model._meta.total_unique_constraints
    return list(together[0].fields) if together else []


def flatten_key(raw: object) -> tuple[str, ...]:
    """`[[2014, "bus-share"], ["transport"]]` → `("2014", "bus-share", "transport")`."""
    return tuple(part for item in raw for part in flatten_key(item)) if isinstance(raw, list) else (str(raw),)


def natural_key_of(row: models.Model) -> tuple[object, ...]:
    """By which names fixtures call the row."""
    named: Any = row  # each of ours has the method; Django's class does not name it
    key: tuple[object, ...] = named.natural_key()
    return key


def find_stored_object(model: Model, key: tuple[object, ...]) -> models.Model | None:
    """The stored object with a natural key; a key of the wrong shape names nothing."""
    try:
        manager: Any = model._default_manager  # each of ours has the method; Django's class does not name it
        found: models.Model = manager.get_by_natural_key(*key)
        return found
    except (ObjectDoesNotExist, TypeError, ValueError):
        return None
