"""Files of figures, as they were received and as it went with them."""

from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from targets.models import Source


class ImportBatchQuerySet(models.QuerySet["ImportBatch"]):
    """Questions about imports."""

    def latest_first(self) -> Self:
        """With who and when, the last one first."""
        return self.select_related("source__by").order_by("-id")


class ImportBatch(models.Model):
    """One file that was imported whole, or refused whole. Its source says who, when, and the file's digest.

    The counts are of rows with content below the headings and always add up; of a refused file every row is rejected.
    `errors` is a list of `{"sheet", "row", "column", "code", "details"}`, said in the reader's language when shown.
    """

    class State(models.TextChoices):
        APPLIED = "applied", _("imported")
        REFUSED = "refused", _("refused")

    source = models.OneToOneField(Source, models.PROTECT, related_name="batch", verbose_name=_("source"))
    file_name = models.CharField(_("file"), max_length=200)
    state = models.CharField(_("state"), max_length=7, choices=State.choices)
    read = models.PositiveIntegerField(_("rows read"), default=0)
    new = models.PositiveIntegerField(_("new"), default=0)
    changed = models.PositiveIntegerField(_("changed"), default=0)
    unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rejected = models.PositiveIntegerField(_("rejected"), default=0)
    errors = models.JSONField(_("errors"), default=list, blank=True)

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
                condition=Q(state="applied", rejected=0) | Q(state="refused", read=F("rejected")),
                name="import_batch_all_or_nothing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} · {self.get_state_display()}"

    @property
    def applied(self) -> bool:
        """Whether the file's figures are official."""
        return self.state == self.State.APPLIED
