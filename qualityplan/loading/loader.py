"""From rows to objects: each row is checked as a form would check it, and stored if it differs from what is there."""

import copy
from collections import Counter
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import DatabaseError, models, transaction
from django.utils.translation import gettext as _

from departments.auditing.edited_rows import record_row
from departments.models import Region
from departments.services.accounts import record
from plans.models import Clause, Plan
from plans.wording import with_parting
from qualityplan.loading.files import FixtureRow
from qualityplan.loading.identity import check_identity
from qualityplan.loading.kinds import find_stored_object, flatten_key, is_loadable, loadable_fields, natural_key_of
from qualityplan.loading.reasons import reasons_row_is_refused, tell_not_loadable, unknown_field, unknown_model
from targets.models import Indicator, Quota, Step, Target
from targets.services.dirty import promises_changed
from targets.services.quotas import demand_reasons
from targets.services.reporting import reporters_changed
from targets.services.ruling import demand_judged_alike, keep_all_open
from tasks.models import Milestone, Task
from tasks.services.milestones import demand_lights_alike, milestones_changed

JUDGED_BY = (Region, Plan, Indicator, Target, Step, Quota)
"""What attainments are derived from, apart from observations and milestones."""


QUOTING: tuple[tuple[type[models.Model], str], ...] = (
    (Target, "clause_id"),
    (Task, "clause_id"),
    (Milestone, "task__clause_id"),
)
"""What quotes a clause, and the way from there to the clause."""


@transaction.atomic
def load_fixture_rows(rows: list[FixtureRow], *, keep: bool) -> "FixtureLoader":
    """Stores all rows or none; ValidationError tells every fault of every row."""
    keep_all_open()
    loader = FixtureLoader(rows, keep=keep)
    loader.load()
    loader.check_quotes()
    loader.check_published()
    loader.check_quotas()
    loader.tell_those_above()
    loader.record()
    return loader


class FixtureLoader:
    """Loads rows in their order; remembers each object by its natural key, and what changed and what was refused."""

    def __init__(self, rows: list[FixtureRow], *, keep: bool) -> None:
        self.rows = rows
        self.keep = keep
        self.first: dict[tuple[str, ...], FixtureRow] = {}
        for row in rows:
            self.first.setdefault((row.label, *row.key), row)
        self.objects: dict[tuple[str, ...], models.Model] = {}
        self.tally: Counter[str] = Counter()
        self.changed: list[models.Model] = []
        self.added: Counter[str] = Counter()

    def load(self) -> None:
        """Stores every row; ValidationError names every bad one."""
        refused = []
        for row in self.rows:
            try:
                self.store(row)
            except ValidationError as error:
                refused += [f"{row}: {reason}" for reason in reasons_row_is_refused(row, error)]
        if refused:
            raise ValidationError(refused)

    def check_quotes(self) -> None:
        """A clause whose text changed may have lost words that promises quote which these files do not name."""
        clauses = {changed.pk: changed for changed in self.changed if isinstance(changed, Clause)}
        refused = [
            f"{self.row_of(clauses[clause_id])}: {tell_lost_quote(promise, clauses[clause_id])}"
            for model, way in QUOTING
            for promise, clause_id in objects_quoting_clauses(model, way, list(clauses))
            if promise.quote not in clauses[clause_id].text
        ]
        if refused:
            raise ValidationError(refused)

    def check_published(self) -> None:
        """A plan that a file puts into force has its document with it: an empty one would blank every page."""
        plans = {plan.pk: plan for plan in self.changed if isinstance(plan, Plan) and not plan.is_draft}
        told = _("%(plan)s has no clauses. Load them with it, or leave out its state: it is a draft then.")
        empty = [plan for plan in plans.values() if not plan.clauses.exists()]
        if empty:
            raise ValidationError([f"{self.row_of(plan)}: {told % {'plan': plan.code}}" for plan in empty])

    def check_quotas(self) -> None:
        """Quotas that fall short of their whole say why: all rows of a target together, after the last of them."""
        changes: dict[int, Quota | Target] = {
            target.pk: target for target in self.changed if isinstance(target, Target)
        }
        changes |= {quota.target_id: quota for quota in self.changed if isinstance(quota, Quota)}
        divided = Target.objects.filter(pk__in=changes, quotas__isnull=False).distinct()
        refused = []
        for target in divided.select_related("indicator").prefetch_related("quotas"):
            try:
                demand_reasons(target, list(target.quotas.all()))
            except ValidationError as error:
                refused += [f"{self.row_of(changes[target.pk])}: {message}" for message in error.messages]
        if refused:
            raise ValidationError(refused)

    def row_of(self, changed: Clause | Plan | Quota | Target) -> FixtureRow:
        """The row that changed this object."""
        return self.first[(changed._meta.label_lower, *map(str, changed.natural_key()))]

    def store(self, row: FixtureRow) -> None:
        """Validate one row, and save it if it differs from what is stored."""
        model = self.loadable(row)
        plain, several = self.values(row, model)
        stored = self.stored(model, plain)
        before = copy.copy(stored)
        instance = stored or model(**plain)
        if stored is None or not self.keep:
            for name, value in plain.items():
                setattr(instance, name, value)
            if before is not None:
                check_identity(before, instance)
            validate_fixture_object(instance)
            self.save(instance, before, several)
        else:
            self.tally["unchanged"] += 1
        self.objects[row.label, *row.key] = instance

    def save(self, instance: models.Model, before: models.Model | None, several: dict[str, list[models.Model]]) -> None:
        """Saves through the model's own `save`, so that history is written; saves nothing if nothing differs.
        ValidationError for a change that would judge a closed month otherwise."""
        if before is not None and has_same_fields(before, instance) and same_sets(before, several):
            self.tally["unchanged"] += 1
            return
        demand_judged_alike(before, instance)
        demand_lights_alike(before, instance)
        try:
            with transaction.atomic():
                instance.save()
                for name, members in several.items():
                    getattr(instance, name).set(members)
        except DatabaseError as error:
            raise ValidationError(_("The database refuses it: %(error)s") % {"error": error}) from error
        self.tally["new" if before is None else "changed"] += 1
        self.changed += [instance] if before is None else [before, instance]
        if before is None:
            self.added[instance._meta.label_lower] += 1
        else:
            record_row(before, instance, by=None)

    def loadable(self, row: FixtureRow) -> type[models.Model]:
        """The row's model, unless the row cannot be identified or was given before."""
        if not row.label:
            raise ValidationError(_('The row is not of the form {"model": …, "fields": {…}}.'))
        if row.model is None:
            raise ValidationError(unknown_model(row.label))
        if not is_loadable(row.model):
            raise ValidationError(tell_not_loadable())
        first = self.first[row.label, *row.key]
        if first is not row:
            raise ValidationError(_("This object is given twice, first in %(place)s.") % {"place": first.place})
        return row.model

    def values(
        self, row: FixtureRow, model: type[models.Model]
    ) -> tuple[dict[str, object], dict[str, list[models.Model]]]:
        """The row's fields as Python values, and apart from them those that hold several objects."""
        errors: dict[str, object] = {}
        plain: dict[str, object] = {}
        several: dict[str, list[models.Model]] = {}
        known = {field.name: field for field in loadable_fields(model)}
        for name, raw in row.fields.items():
            try:
                if name not in known:
                    raise ValidationError(unknown_field(model, name))
                (several if known[name].many_to_many else plain)[name] = self.value(known[name], raw)
            except ValidationError as error:
                errors[name] = error
        if errors:
            raise ValidationError(errors)
        return plain, several

    def value(self, field: models.Field, raw: object) -> Any:
        """One field's value; references are looked up by natural key."""
        model = field.related_model
        if model is None:
            return plain_value(field, raw)
        if field.many_to_many:
            if not isinstance(raw, list):
                raise ValidationError(_("Several objects are written as a list of natural keys."))
            return [self.named(model, key) for key in raw]
        return None if raw is None else self.named(model, raw)

    def named(self, model: type[models.Model], raw: object) -> models.Model:
        """The object with this natural key, already loaded or stored before."""
        if not isinstance(raw, list):
            raise ValidationError(_('A reference is written as a list, not as "%(raw)s".') % {"raw": raw})
        key = (model._meta.label_lower, *flatten_key(raw))
        if key not in self.objects:
            found = None if key in self.first else find_stored_object(model, tuple(raw))
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

    def stored(self, model: type[models.Model], plain: dict[str, object]) -> models.Model | None:
        """The stored object that the row describes."""
        described = model(**plain)
        try:
            return find_stored_object(model, natural_key_of(described))
        except ObjectDoesNotExist:
            validate_fixture_object(described)
            raise

    def tell_those_above(self) -> None:
        """Tells the other apps that what they derived from the changed objects is out of date."""
        promises_changed([changed for changed in self.changed if isinstance(changed, JUDGED_BY)])
        reporters_changed(self.changed)
        milestones_changed([changed for changed in self.changed if isinstance(changed, Milestone)])

    def record(self) -> None:
        """Records in the audit log how many new rows of each kind were loaded; `save` records each changed row."""
        if self.added:
            record("rows.loaded", by=None, new=self.tally["new"], models=dict(self.added))

    def summary(self) -> str:
        """How many rows were read, and what became of them."""
        tally = {name: self.tally[name] for name in ("new", "changed", "unchanged")} | {"read": len(self.rows)}
        return _("%(read)d read, %(new)d new, %(changed)d changed, %(unchanged)d unchanged") % tally


def objects_quoting_clauses(model: type[models.Model], clause: str, clause_ids: list[int]) -> list[tuple[Any, int]]:
    """The objects of a model that quote one of the clauses, each with the clause's id."""
    found = model._default_manager.filter(**{f"{clause}__in": clause_ids}).annotate(quoted=models.F(clause))
    return [(quoting, quoting.quoted) for quoting in found]


def tell_lost_quote(promise: Target | Task | Milestone, clause: Clause) -> str:
    """Says that a clause no longer holds the words that a promise quotes."""
    told = {"promise": promise, "path": clause.path, "quote": promise.quote}
    said = _("%(promise)s quotes words that clause %(path)s no longer holds: %(quote)s.") % told
    return with_parting(said, promise.quote, clause.text)


def plain_value(field: models.Field, raw: object) -> object:
    """The value as the field stores it; ValidationError for a list or for `true` where a text belongs: nobody means the
    text that the field would make of it."""
    if isinstance(raw, list | dict) and not isinstance(field, models.JSONField):
        raise ValidationError(_("Write a single text or number here, not a list."))
    if isinstance(raw, bool) and not isinstance(field, models.BooleanField | models.JSONField):
        raise ValidationError(_("Write a text or number here, not true or false."))
    value = field.to_python(raw)
    # Django leaves what no form may change unchecked.
    if not field.editable and field.choices and value not in dict(field.flatchoices):
        raise ValidationError(field.error_messages["invalid_choice"], code="invalid_choice", params={"value": value})
    return value


def validate_fixture_object(instance: models.Model) -> None:
    """`full_clean`; where it trips over a reference that is not set, the missing fields are the reason."""
    try:
        instance.full_clean()
    except ObjectDoesNotExist:
        instance.clean_fields()
        raise


def has_same_fields(stored: models.Model, given: models.Model) -> bool:
    """Whether all stored fields are equal."""
    names = [field.attname for field in stored._meta.concrete_fields]
    return all(getattr(stored, name) == getattr(given, name) for name in names)


def same_sets(stored: models.Model, several: dict[str, list[models.Model]]) -> bool:
    """Whether each set of objects has the members given."""
    given = {name: {member.pk for member in members} for name, members in several.items()}
    return all(set(getattr(stored, name).values_list("pk", flat=True)) == pks for name, pks in given.items())
