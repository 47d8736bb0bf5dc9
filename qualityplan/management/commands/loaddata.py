"""Fixtures are the city's data, often typed by hand: they pass the same checks as a form, all of a file or nothing.

Replaces Django's command of this name, which stores what the models would refuse, and writes history for what is equal.
"""

import copy
import json
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _

from departments.models import Region
from plans.models import Clause, Plan
from targets.models import Indicator, Target
from targets.services import promises_changed, reporters_changed
from tasks.models import Milestone, Task
from tasks.services import milestones_changed

JUDGED_BY = (Region, Plan, Indicator, Target)
"""What attainments are derived from, apart from observations and milestones."""


QUOTING: tuple[tuple[type[models.Model], str], ...] = (
    (Target, "clause_id"),
    (Task, "clause_id"),
    (Milestone, "task__clause_id"),
)
"""What quotes a clause, and the way from there to the clause."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One object of a file, as it stands there; `number` counts from 1.

    `label` is empty where the object has another form than it should, `model` where no model is called so.
    """

    file: str
    number: int
    label: str
    model: type[models.Model] | None
    fields: dict[str, Any]

    @property
    def key(self) -> tuple[str, ...]:
        """The natural key as it is written, also where what it names does not exist."""
        return flat([self.fields.get(name, "?") for name in identity(self.model)]) if self.model else ()

    @property
    def place(self) -> str:
        """Where a person finds the row."""
        return _("%(file)s, row %(number)d") % {"file": self.file, "number": self.number}

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.place, " ".join([self.label, *self.key])]))


class Command(BaseCommand):
    """See the module. Rows come after what they name; fields that are absent keep what is stored."""

    help = "Load fixtures strictly: every row is validated, and one bad row keeps all files out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The office edits the plan after it was loaded: `--keep` lets a restart add without taking that back."""
        parser.add_argument("files", nargs="+", metavar="FILE", help="A path, or a name in the folder fixtures.")
        parser.add_argument("--keep", action="store_true", help="Add what is missing, change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        """All files in one transaction: what is wrong with any of them is told together."""
        loader = Loader(rows_of(options["files"]), keep=options["keep"])
        with transaction.atomic():
            loader.load()
            loader.check_quotes()
            loader.check_published()
            loader.tell_those_above()
        if options["verbosity"]:
            self.stdout.write(loader.summary())


class Loader:
    """Loads rows in their order, remembering what they are named by, what changed and what was refused."""

    def __init__(self, rows: list[Row], *, keep: bool) -> None:
        self.rows = rows
        self.keep = keep
        self.first: dict[tuple[str, ...], Row] = {}
        for row in rows:
            self.first.setdefault((row.label, *row.key), row)
        self.objects: dict[tuple[str, ...], models.Model] = {}
        self.tally: Counter[str] = Counter()
        self.changed: list[models.Model] = []

    def load(self) -> None:
        """Store every row, or raise CommandError with every bad one."""
        refused = []
        for row in self.rows:
            try:
                self.store(row)
            except ValidationError as error:
                refused += [f"{row}: {reason}" for reason in reasons(error)]
        if refused:
            raise CommandError("\n".join([_("Nothing was stored:"), *refused]))

    def check_quotes(self) -> None:
        """A clause whose text changed may have lost words that promises quote which these files do not name."""
        clauses = {one.pk: one for one in self.changed if isinstance(one, Clause)}
        refused = [
            _("%(promise)s quotes words that clause %(path)s no longer holds: %(quote)s")
            % {"promise": promise, "path": clauses[clause_id].path, "quote": promise.quote}
            for model, clause in QUOTING
            for promise, clause_id in quoting(model, clause, list(clauses))
            if promise.quote not in clauses[clause_id].text
        ]
        if refused:
            raise CommandError("\n".join([_("Nothing was stored:"), *refused]))

    def check_published(self) -> None:
        """A plan that a file puts into force has its document with it: an empty one would blank every page."""
        plans = {plan.pk: plan for plan in self.changed if isinstance(plan, Plan) and not plan.is_draft}
        empty = [plan for plan in plans.values() if not plan.clauses.exists()]
        if empty:
            told = _("%(plan)s has no clauses. Load them with it, or leave out its state: it is a draft then.")
            raise CommandError("\n".join([_("Nothing was stored:"), *(told % {"plan": plan.code} for plan in empty)]))

    def store(self, row: Row) -> None:
        """Validate one row, and save it if it differs from what is stored."""
        model = self.loadable(row)
        plain, several = self.values(row, model)
        stored = self.stored(model, plain)
        before = copy.copy(stored)
        instance = stored or model(**plain)
        if stored is None or not self.keep:
            for name, value in plain.items():
                setattr(instance, name, value)
            if isinstance(instance, Plan) and isinstance(before, Plan):
                check_identity(before, instance)
            validate(instance)
            self.save(instance, before, several)
        else:
            self.tally["unchanged"] += 1
        self.objects[row.label, *row.key] = instance

    def save(self, instance: models.Model, before: models.Model | None, several: dict[str, list[models.Model]]) -> None:
        """Through the model's own save, so that history is written; not at all if nothing differs."""
        if before is not None and same(before, instance) and same_sets(before, several):
            self.tally["unchanged"] += 1
            return
        try:
            with transaction.atomic():
                instance.save()
                for name, members in several.items():
                    getattr(instance, name).set(members)
        except DatabaseError as error:
            raise ValidationError(_("The database refuses it: %(error)s") % {"error": error}) from error
        self.tally["new" if before is None else "changed"] += 1
        self.changed += [instance] if before is None else [before, instance]

    def loadable(self, row: Row) -> type[models.Model]:
        """The row's model, unless the row cannot be identified or was given before."""
        if not row.label:
            raise ValidationError(_('The row is not of the form {"model": …, "fields": {…}}.'))
        if row.model is None:
            raise ValidationError(_('There is no model "%(name)s".') % {"name": row.label})
        if not hasattr(row.model, "natural_key") or not hasattr(row.model._default_manager, "get_by_natural_key"):
            raise ValidationError(_("Objects of this kind have no natural key and are not loaded from fixtures."))
        first = self.first[row.label, *row.key]
        if first is not row:
            raise ValidationError(_("This object is given twice, first in %(place)s.") % {"place": first.place})
        return row.model

    def values(self, row: Row, model: type[models.Model]) -> tuple[dict[str, Any], dict[str, list[models.Model]]]:
        """The row's fields as Python values, and apart from them those that hold several objects."""
        errors: dict[str, Any] = {}
        plain: dict[str, Any] = {}
        several: dict[str, list[models.Model]] = {}
        known = {field.name: field for field in loadable_fields(model)}
        for name, raw in row.fields.items():
            try:
                if name not in known:
                    raise ValidationError(_("There is no such field."))
                (several if known[name].many_to_many else plain)[name] = self.value(known[name], raw)
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)
        return plain, several

    def value(self, field: Any, raw: Any) -> Any:
        """One field's value; references are looked up by natural key."""
        if field.many_to_many:
            if not isinstance(raw, list):
                raise ValidationError(_("Several objects are written as a list of natural keys."))
            return [self.named(field.related_model, key) for key in raw]
        if field.remote_field:
            return None if raw is None else self.named(field.related_model, raw)
        return field.to_python(raw)

    def named(self, model: type[models.Model], raw: Any) -> models.Model:
        """The object with this natural key, already loaded or stored before."""
        if not isinstance(raw, list):
            raise ValidationError(_('A reference is written as a list, not as "%(raw)s".') % {"raw": raw})
        key = (model._meta.label_lower, *flat(raw))
        if key not in self.objects:
            found = None if key in self.first else find(model, tuple(raw))
            if found is None:
                raise ValidationError(self.why_missing(key))
            self.objects[key] = found
        return self.objects[key]

    def why_missing(self, key: tuple[str, ...]) -> str:
        """A reference to a row of these files fails because that row is refused, or comes later."""
        row = self.first.get(key)
        if row is None:
            return _("There is no %(name)s.") % {"name": " ".join(key)}
        return _("%(name)s (%(place)s) is refused, or comes only later.") % {"name": " ".join(key), "place": row.place}

    def stored(self, model: type[models.Model], plain: dict[str, Any]) -> models.Model | None:
        """The stored object that the row describes."""
        described = model(**plain)
        try:
            return find(model, described.natural_key())  # type: ignore[attr-defined]
        except ObjectDoesNotExist:
            validate(described)
            raise

    def tell_those_above(self) -> None:
        """What was derived from the changed objects is out of date."""
        promises_changed([one for one in self.changed if isinstance(one, JUDGED_BY)])
        reporters_changed(self.changed)
        milestones_changed([one for one in self.changed if isinstance(one, Milestone)])

    def summary(self) -> str:
        """How many rows were read, and what became of them."""
        tally = {name: self.tally[name] for name in ("new", "changed", "unchanged")} | {"read": len(self.rows)}
        return _("%(read)d read, %(new)d new, %(changed)d changed, %(unchanged)d unchanged") % tally


def quoting(model: type[models.Model], clause: str, clause_ids: list[int]) -> list[tuple[Any, int]]:
    """The objects of a model that quote one of the clauses, each with the clause's id."""
    found = model._default_manager.filter(**{f"{clause}__in": clause_ids}).annotate(quoted=models.F(clause))
    return [(one, one.quoted) for one in found]


def rows_of(names: Iterable[str]) -> list[Row]:
    """All rows of all files. CommandError names every file that cannot be read at all."""
    rows: list[Row] = []
    unreadable = []
    for name in names:
        try:
            rows += [row_of(name, number, entry) for number, entry in enumerate(entries(name), 1)]
        except (OSError, ValueError) as error:
            unreadable.append(f"{name}: {error}")
    if unreadable:
        raise CommandError("\n".join([_("Nothing was stored:"), *unreadable]))
    return rows


def entries(name: str) -> list[Any]:
    """The objects of a file; numbers stay exactly as they are written."""
    given, ours = Path(name), settings.BASE_DIR / "fixtures" / name
    path = next((path for path in (given, ours, ours.with_name(ours.name + ".json")) if path.is_file()), given)
    found = json.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    if not isinstance(found, list):
        raise ValueError(_("The file is not a list of objects."))
    return found


def row_of(file: str, number: int, entry: Any) -> Row:
    """The row of one object, also of one that will be refused."""
    match entry:
        case {"model": str(label), "fields": dict(fields)} if len(entry) == 2:
            return Row(file, number, label.lower(), model_called(label), fields)
    return Row(file, number, "", None, {})


def model_called(label: str) -> type[models.Model] | None:
    """The model with this label, if there is one."""
    try:
        return apps.get_model(label)
    except (LookupError, ValueError):
        return None


def identity(model: type[models.Model]) -> list[str]:
    """The fields of the natural key: the first unique one, else those that are unique together."""
    for field in loadable_fields(model):
        if field.unique:
            return [field.name]
    together = model._meta.total_unique_constraints
    return list(together[0].fields) if together else []


def loadable_fields(model: type[models.Model]) -> list[Any]:
    """Every stored field but the primary key: fixtures name objects by what people know."""
    return [field for field in (*model._meta.concrete_fields, *model._meta.many_to_many) if not field.primary_key]


def flat(raw: Any) -> tuple[str, ...]:
    """`[[2014, "bus-share"], ["transport"]]` → `("2014", "bus-share", "transport")`."""
    return tuple(part for item in raw for part in flat(item)) if isinstance(raw, list) else (str(raw),)


def find(model: type[models.Model], key: tuple[Any, ...]) -> models.Model | None:
    """The stored object with a natural key; a key of the wrong shape names nothing."""
    try:
        return model._default_manager.get_by_natural_key(*key)  # type: ignore[attr-defined]
    except (ObjectDoesNotExist, TypeError, ValueError):
        return None


IDENTITY = ("number", "region", "first_month")
"""By what a plan is known to be another document than the one that is stored under its code."""


def check_identity(stored: Plan, given: Plan) -> None:
    """ValidationError if a file would make another plan of the one that is stored: it would take its figures over."""
    differ = [name for name in IDENTITY if getattr(stored, name) != getattr(given, name)]
    if differ:
        told = {"code": stored.code, "stored": _identity(stored), "given": _identity(given)}
        raise ValidationError(
            _(
                'The code "%(code)s" belongs to another plan. Stored: %(stored)s. In the file: %(given)s. '
                "Give the plan in the file a code of its own."
            )
            % told
        )


def _identity(plan: Plan) -> str:
    return f"{plan.title} ({plan.number or '—'}, {plan.region}, {plan.first_month})"


def validate(instance: models.Model) -> None:
    """`full_clean`; where it trips over a reference that is not set, the missing fields are the reason."""
    try:
        instance.full_clean()
    except ObjectDoesNotExist:
        instance.clean_fields()
        raise


def same(one: models.Model, other: models.Model) -> bool:
    """Whether all stored fields are equal."""
    names = [field.attname for field in one._meta.concrete_fields]
    return all(getattr(one, name) == getattr(other, name) for name in names)


def same_sets(stored: models.Model, several: dict[str, list[models.Model]]) -> bool:
    """Whether each set of objects has the members given."""
    given = {name: {member.pk for member in members} for name, members in several.items()}
    return all(set(getattr(stored, name).values_list("pk", flat=True)) == pks for name, pks in given.items())


def reasons(error: ValidationError) -> list[str]:
    """One sentence a fault, led by the field it lies in."""
    if not hasattr(error, "error_dict"):
        return list(error.messages)
    by_field = error.message_dict.items()
    return [text if name == NON_FIELD_ERRORS else f"{name}: {text}" for name, texts in by_field for text in texts]
