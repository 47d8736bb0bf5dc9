"""That something which pages show was changed: the version by which they are kept."""

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _


class ChangeQuerySet(models.QuerySet["Change"]):
    """What is done with changes."""

    @transaction.atomic
    def fold(self) -> int:
        """Adds up the rows of each plan to one; versions stay what they are. The number of rows saved.

        What another transaction commits meanwhile is left alone, as is what another fold has taken.
        """
        rows = list(self.select_for_update().order_by("pk"))
        sums: dict[int | None, int] = {}
        for row in rows:
            sums[row.plan_id] = sums.get(row.plan_id, 0) + row.number
        self.filter(pk__in=[row.pk for row in rows]).delete()
        self.bulk_create([self.model(plan_id=plan_id, number=number) for plan_id, number in sums.items()])
        return len(rows) - len(sums)


class Change(models.Model):
    """Something that pages show of a plan was changed (no plan: of every plan). Written by the database alone.

    The version of a plan is the sum of its `number`s and of those without a plan. It cannot lie, and asking is cheap:

    - triggers (`plans.changes`) add the row in the transaction that changes a watched table, by whatever door: service,
      administration, COPY, SQL typed by hand. Nobody can forget it, and nobody sees the change before the version;
    - rows are only added, so that two who write never wait for each other, as they would for a counter; nor is it the
      highest id, which a transaction that commits late would slip under;
    - numbers are random, so that a database restored from a backup does not come to an old version again.
    """

    plan_id = models.BigIntegerField(_("plan"), null=True)
    number = models.BigIntegerField(_("number"))

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")

    def __str__(self) -> str:
        return f"{self.plan_id} · {self.number}"
