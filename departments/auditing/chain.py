"""The chain of all that is sealed: audit events and decisions, each linked to the one before (`models.Link`).

Whoever writes a row seals it in the same statement and waits for nobody. One linker at a time adds sealed rows to the
chain afterwards, each minute, in the order in which it finds them; so writers form no queue and an import is not held
up. What somebody adds, changes or takes away behind the service's back is told by `find_chain_faults`: seals and hashes
need a key that the database does not have. Rows at the very end could be taken away with their links; that is what
heads are for that were mailed or printed before (`chain_holds_head`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from django.apps import apps
from django.core.cache import caches
from django.db import connection, models, transaction
from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from departments.models import Link
from departments.models.sealing import SealField, hash_with_audit_key

LOCK = 0x6C696E6B  # any constant: one linker at a time
LOT = 5000
REACH = 100_000
"""How far back each minute's run looks for rows of transactions that took long; the nightly one looks everywhere."""
REMEMBERED = "head-of-the-audit-chain"
KEPT, KEPT_NEAR = 3600, 60
"""Seconds for which all remember the head that was told last, and for which a process asks nobody."""


class ChainHead(NamedTuple):
    """The last link."""

    number: int
    hash: str

    def __str__(self) -> str:
        return f"{self.number}-{self.hash[:32]}"


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table whose rows are sealed."""

    model: type[models.Model]
    seal: SealField

    @property
    def label(self) -> str:
        """Its name in seals and links."""
        return self.model._meta.label_lower

    @property
    def rows(self) -> "QuerySet[models.Model]":
        """All rows."""
        return self.model._base_manager.all()

    @property
    def links(self) -> "QuerySet[Link]":
        """The links of the rows."""
        return Link.objects.filter(label=self.label)

    def named(self, row: int) -> str:
        """A row, in words."""
        return f"{self.model._meta.verbose_name} {row}"


def list_sealed_tables() -> list[SealedTable]:
    """Every table whose rows are sealed."""
    fields = ((model, field) for model in apps.get_models() for field in model._meta.concrete_fields)
    return [SealedTable(model, field) for model, field in fields if isinstance(field, SealField)]


def seal_again(row: models.Model) -> str:
    """The seal of a row as it stands, for a made-up history that is set back before anything of it is linked."""
    return next(table.seal.of(row) for table in list_sealed_tables() if isinstance(row, table.model))


# --- Linking ----------------------------------------------------------------------------------------------------------


def link_sealed_rows(*, everywhere: bool = False) -> int:
    """Links what is not linked yet: how many rows. What is not committed yet is found by the next run."""
    linked = 0
    for table in list_sealed_tables():
        while found := _link_lot(table, everywhere=everywhere):
            linked += found
    return linked


@transaction.atomic
def _link_lot(table: SealedTable, *, everywhere: bool) -> int:
    _in_turn()
    rows = list(rows_to_link(table, everywhere=everywhere).values_list("pk", "seal")[:LOT])
    last = read_chain_head()
    now = timezone.now()
    made = []
    for row, seal in rows:
        new = Link(number=last.number + 1, label=table.label, row=row, seal=seal, linked_at=now)
        new.hash = hash_of(new, last.hash)
        last = ChainHead(new.number, new.hash)
        made.append(new)
    Link.objects.bulk_create(made)
    return len(made)


def _in_turn() -> None:
    """Waits until no other process links rows. SQLite's transactions (IMMEDIATE) exclude each other anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def rows_to_link(table: SealedTable, *, everywhere: bool = True) -> "QuerySet[models.Model]":
    """The rows that are not linked yet, in their order."""
    rows = table.rows.exclude(Exists(table.links.filter(row=OuterRef("pk")))).order_by("pk")
    if everywhere:
        return rows
    last = table.links.aggregate(last=Max("row"))["last"] or 0
    return rows.filter(pk__gt=last - REACH)


def read_chain_head() -> ChainHead:
    """The end of the chain; the number 0 for a chain without links."""
    last = Link.objects.order_by("-number").first()
    return ChainHead(last.number, last.hash) if last is not None else ChainHead(0, "")


def printed() -> str:
    """The head as it stands on paper, and as `chain_holds_head` takes it."""
    return str(read_chain_head())


def remember_chain_head() -> None:
    """Tells all processes the head, so that pages can print it without asking the database."""
    caches["shared"].set(REMEMBERED, printed(), KEPT)


def recall_chain_head() -> str:
    """A head of a moment ago, which stands in the chain as well as the present head; empty where no head is known."""
    near = caches["pages"].get(REMEMBERED)
    if near is None:
        near = caches["shared"].get(REMEMBERED, "")
        caches["pages"].set(REMEMBERED, near, KEPT_NEAR)
    return str(near)


def chain_holds_head(told: str) -> bool:
    """Whether a head that was told before (`ChainHead`, as text) still stands in the chain."""
    number, _dash, beginning = told.partition("-")
    found = Link.objects.filter(number=int(number)).first() if number.isdecimal() and int(number) < 2**63 else None
    return found is not None and len(beginning) == 32 and found.hash.startswith(beginning)


def hash_of(link: Link, previous: str) -> str:
    """The hash that a link should have after the one before."""
    at = link.linked_at.timestamp()
    return hash_with_audit_key(f"{previous}|{link.number}|{link.label}|{link.row}|{link.seal}|{at:.6f}")


@transaction.atomic
def note_purged_rows(model: type[models.Model], rows: "QuerySet[models.Model]") -> None:
    """Notes in the chain that these rows are about to be deleted by rule; for the owner of the tables alone."""
    link_sealed_rows(everywhere=True)
    gone = Link.objects.filter(label=model._meta.label_lower, row__in=rows.order_by().values("pk"), let_go="")
    found = gone.iterator(chunk_size=LOT)
    while lot := list(islice(found, LOT)):
        for link in lot:
            link.let_go = _let_go_of(link)
        Link.objects.bulk_update(lot, ["let_go"])


def _let_go_of(link: Link) -> str:
    return hash_with_audit_key(f"let go|{link.hash}")


# --- Looking through --------------------------------------------------------------------------------------------------


def find_chain_faults() -> Iterator[str]:
    """What was removed, changed or put in behind the service's back, each in a sentence."""
    yield from _faults_of_links()
    for table in list_sealed_tables():
        yield from _faults_of_rows(table)
        yield from _copies(table)
        yield from _removed(table)


def _faults_of_links() -> Iterator[str]:
    last = ChainHead(0, "")
    for link in Link.objects.order_by("number").iterator(chunk_size=LOT):
        if link.number != last.number + 1:
            yield _gap(last.number + 1, link.number - 1)
        elif link.hash != hash_of(link, last.hash):
            yield _("Link %(number)d of the chain was changed or put in.") % {"number": link.number}
        last = ChainHead(link.number, link.hash)


def _gap(first: int, last: int) -> str:
    if first == last:
        return _("Link %(number)d of the chain was removed.") % {"number": first}
    return _("Links %(first)d to %(last)d of the chain were removed.") % {"first": first, "last": last}


def _faults_of_rows(table: SealedTable) -> Iterator[str]:
    linked = table.links.filter(row=OuterRef("pk")).values("seal")[:1]
    for row in table.rows.annotate(linked=linked).order_by("pk").iterator(chunk_size=LOT):
        right = table.seal.of(row)
        if row.linked is None and row.seal != right:
            yield _("%(row)s was put in by hand.") % {"row": table.named(row.pk)}
        elif row.linked is not None and right not in (row.seal, row.linked):
            yield _("%(row)s was put in by hand, or changed since.") % {"row": table.named(row.pk)}
        elif row.linked is not None and not row.seal == row.linked == right:
            yield _("%(row)s was changed since it was written.") % {"row": table.named(row.pk)}


def _copies(table: SealedTable) -> Iterator[str]:
    twice = table.rows.order_by().values("seal").annotate(times=Count("pk"), first=Min("pk")).filter(times__gt=1)
    for copied in twice:
        copies = table.rows.filter(seal=copied["seal"]).exclude(pk=copied["first"]).order_by("pk")
        for row in copies.values_list("pk", flat=True):
            told = {"row": table.named(row), "first": copied["first"]}
            yield _("%(row)s was put in by hand: it is a copy of %(first)d.") % told


def _removed(table: SealedTable) -> Iterator[str]:
    gone = table.links.exclude(Exists(table.rows.filter(pk=OuterRef("row")))).order_by("number")
    for link in gone.iterator(chunk_size=LOT):
        if link.let_go != _let_go_of(link):
            yield _("%(row)s was removed.") % {"row": table.named(link.row)}
