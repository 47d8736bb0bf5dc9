"""Files of figures, as they were received and as it went with them."""

import json
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from departments import access
from departments.models import Department, Region, User
from departments.permissions import Action
from imports import workflow
from imports.workflow import ImportVerb
from plans.fields import MonthField
from targets.models import Figures, Source


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Questions about imports."""

    def latest_first(self) -> Self:
        """With who and when, the last one first; what is long is left aside."""
        return self.select_related("source__by").defer("errors", "recognition", "mapping").order_by("-id")

    def visible_to(self, user: User) -> Self:
        """Everybody sees the own files, a plan office those of its region and of the parts."""
        if not access.reach(user, Action.IMPORT_OBSERVATIONS):
            return self.none()
        return self.filter(Q(source__by=user) | Q(region__in=access.reach(user, Action.IMPORT_OFFICIAL).realm))

    def same_file(self, batch: "ImportBatch") -> Self:
        """Earlier files with the same content, the last one first."""
        return self.filter(source__digest=batch.source.digest, pk__lt=batch.pk).latest_first()


class RememberedMapping(models.Model):
    """What a department has said about files of one form (`shape`), used for its next file of that form."""

    department = models.ForeignKey(Department, models.PROTECT, related_name="+", verbose_name=_("department"))
    shape = models.CharField(_("form of the file"), max_length=64)
    mapping = models.JSONField(_("which column is what"))
    file_name = models.CharField(_("file"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("time"), default=timezone.now)

    class Meta:
        verbose_name = _("remembered mapping")
        verbose_name_plural = _("remembered mappings")
        constraints = [
            models.UniqueConstraint(fields=["department", "shape"], name="import_remembered_mapping_of_department"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} · {self.department}"


class ImportBatch(models.Model):
    """One file of figures on its way (see `workflow`). Its source says who, when, and the file's digest.

    The counts are of rows with content below the headings and always add up. `official`: its figures become official
    at once, for the plan office uploaded it; otherwise colleagues review them. `errors` is a list of `{"sheet",
    "row", "column", "code", "details"}`, said in the reader's language when shown, of which a bounded number is kept:
    `errors_total` counts all. `file` is the name of the stored upload, empty once it is removed. `circumstances` tells
    what rules and totals it was checked against: if these or its own figures have changed at the time of applying, it
    is checked again (`renewed`), and `overtaken` keeps which figures, as [indicator, region, month as a number], a few
    of them and one more where there are more.
    `recognition` is how the file was understood (`understanding.Understanding`), `mapping` what a person has said about
    it (`mappings.FileMapping`), `correctors` are who said so, `remembered` tells if it was said about an earlier file.
    `region` is the one for which it was uploaded, empty where the person imports for several: then nobody else sees the
    file.
    """

    class StateChoices(models.TextChoices):
        UPLOADED = workflow.ImportState.UPLOADED.value, _("waiting to be checked")
        CHECKING = workflow.ImportState.CHECKING.value, _("being checked")
        READY = workflow.ImportState.READY.value, _("ready to be imported")
        REJECTED = workflow.ImportState.REJECTED.value, _("has errors")
        APPLYING = workflow.ImportState.APPLYING.value, _("being imported")
        APPLIED = workflow.ImportState.APPLIED.value, _("imported")
        UNDONE = workflow.ImportState.UNDONE.value, _("undone")
        FAILED = workflow.ImportState.FAILED.value, _("ended without import")

    OVERTAKEN_KEPT = 5

    source = models.OneToOneField(Source, models.PROTECT, related_name="batch", verbose_name=_("source"))
    file_name = models.CharField(_("file"), max_length=200)
    file = models.CharField(_("stored file"), max_length=64, blank=True)
    size = models.PositiveBigIntegerField(_("size in bytes"), default=0)
    official = models.BooleanField(_("official at once"), default=True)
    region = models.ForeignKey(
        Region, models.PROTECT, null=True, editable=False, related_name="+", verbose_name=_("imported for")
    )
    state = models.CharField(
        _("state"), max_length=8, choices=StateChoices.choices, default=workflow.ImportState.UPLOADED.value
    )
    progress = models.PositiveSmallIntegerField(_("progress in per cent"), default=0)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    failure = models.CharField(_("why it ended"), max_length=20, blank=True)
    mapping = models.JSONField(_("which column is what"), default=dict, blank=True)
    recognition = models.JSONField(_("what was recognised"), default=dict, blank=True)
    correctors = models.ManyToManyField(
        settings.AUTH_USER_MODEL, blank=True, editable=False, related_name="+", verbose_name=_("corrected by")
    )
    remembered = models.ForeignKey(
        RememberedMapping, models.SET_NULL, null=True, related_name="+", verbose_name=_("remembered mapping")
    )
    circumstances = models.CharField(_("what it was checked against"), max_length=200, blank=True)
    renewed = models.BooleanField(_("checked again"), default=False)
    overtaken = models.JSONField(_("figures changed meanwhile"), default=list, blank=True)
    read = models.PositiveIntegerField(_("rows read"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    odd = models.PositiveIntegerField(_("with a figure that looks odd"), default=0)
    errors = models.JSONField(_("errors"), default=list, blank=True)
    errors_total = models.PositiveIntegerField(_("number of errors"), default=0)
    skip_rejected = models.BooleanField(_("without the rejected rows"), default=False)
    reason = models.CharField(_("reason"), max_length=400, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by")
    )
    confirmed_at = models.DateTimeField(_("confirmed at"), null=True)
    applied_at = models.DateTimeField(_("imported at"), null=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("undone by")
    )
    undone_at = models.DateTimeField(_("undone at"), null=True)

    objects = ImportBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(read=F("new") + F("changed") + F("unchanged") + F("rejected")),
                name="import_batch_counts_add_up",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("applying", "applied", "undone")) | Q(rejected=0) | Q(skip_rejected=True),
                name="import_batch_all_or_nothing",
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(confirmed_by__isnull=False),
                name="import_batch_confirmed_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("applied", "undone"), applied_at__isnull=False)
                | (~Q(state__in=("applied", "undone")) & Q(applied_at__isnull=True)),
                name="import_batch_applied_at_iff_applied",
            ),
            models.CheckConstraint(
                condition=Q(state="undone", undone_by__isnull=False, undone_at__isnull=False)
                | (~Q(state="undone") & Q(undone_by__isnull=True, undone_at__isnull=True)),
                name="import_batch_undone_by_iff_undone",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} · {self.get_state_display()}"

    @property
    def applied(self) -> bool:
        """Whether the file's figures have been written."""
        return self.state == self.StateChoices.APPLIED

    @property
    def busy(self) -> bool:
        """Whether a worker has something to do about it."""
        return self.state in workflow.BUSY

    @property
    def correctable(self) -> bool:
        """Whether somebody may still say what its columns mean: it is stored, and was read as a table."""
        return bool(self.file) and bool(self.recognition) and self.can(ImportVerb.CORRECT)

    @property
    def more_overtaken(self) -> bool:
        """Whether more figures than are kept were changed meanwhile."""
        return len(self.overtaken) > self.OVERTAKEN_KEPT

    @property
    def accepted(self) -> int:
        """The rows that the rules allow."""
        return self.read - self.rejected

    @property
    def has_marked(self) -> bool:
        """Whether a workbook with the errors marked can be made of it: it is stored, and the errors are in its rows."""
        return bool(self.file) and self.read > 0 and self.errors_total > 0

    def can(self, verb: ImportVerb) -> bool:
        """Whether the workflow has the step."""
        return workflow.has_import_step(workflow.ImportState(self.state), verb)

    def move(self, verb: ImportVerb) -> None:
        """Takes a step of the workflow; RefusedError if the table does not have it. Saves nothing."""
        self.state = workflow.next_import_state(workflow.ImportState(self.state), verb).value


class StagedRow(Figures):
    """A row that was checked and waits to be written, and how it compares with what was there.

    Rows come and go by the hundred thousand, so they carry no foreign key constraints and no index but their key.
    `number` counts the accepted rows of the file; `previous` is the revision that was official, or that waited, then.
    """

    class Outcome(models.TextChoices):
        NEW = "new", _("new")
        CHANGED = "changed", _("changed")
        UNCHANGED = "unchanged", _("unchanged")

    pk = models.CompositePrimaryKey("batch_id", "number")
    batch = models.ForeignKey(
        ImportBatch,
        models.DO_NOTHING,
        related_name="rows",
        db_index=False,
        db_constraint=False,
        verbose_name=_("import"),
    )
    number = models.PositiveIntegerField(_("number"))
    sheet = models.TextField(_("sheet"))
    row = models.PositiveIntegerField(_("row"))
    indicator_id = models.BigIntegerField(_("indicator"))
    region_id = models.BigIntegerField(_("region"))
    month = MonthField(_("month"))
    note = models.TextField(_("note"))
    oddities = models.TextField(_("what looks odd"))
    outcome = models.CharField(_("outcome"), max_length=9, choices=Outcome.choices)
    previous_id = models.BigIntegerField(_("previous revision"), null=True)

    class Meta:
        verbose_name = _("staged row")
        verbose_name_plural = _("staged rows")

    def __str__(self) -> str:
        return f"{self.batch_id} · {self.number} · {self.outcome}"

    @property
    def odd_codes(self) -> list[str]:
        """The codes of what looks odd."""
        codes: list[str] = json.loads(self.oddities)
        return codes
