"""That something which pages show was changed: the version by which they are kept."""

from collections import Counter
from collections.abc import Collection

from django.db import connections, models, transaction
from django.utils.translation import gettext_lazy as _


class ChangeQuerySet(models.QuerySet["Change"]):
    """What is done with changes."""

    def numbers(self, plan_id: int, about: Collection[int]) -> dict[int, int]:
        """How far each of these parts of the plan has come, as one number; what was never changed has none.

        Every page of a part asks this: put together by the ORM, it would take longer than the database to answer.
        """
        if not about:
            return {}
        asked = (  # noqa: S608 - as many places for values as are asked for
            "SELECT about_id, SUM(number) FROM plans_change WHERE (plan_id = %s OR plan_id IS NULL) "
            "AND about_id IN ({}) GROUP BY about_id"
        ).format(", ".join(["%s"] * len(about)))
        with connections[self.db].cursor() as cursor:
            cursor.execute(asked, [plan_id, *about])
            return {about_id: int(number) for about_id, number in cursor.fetchall()}

    @transaction.atomic
    def fold(self) -> int:
        """Adds up the rows about the same to one; versions stay what they are. The number of rows saved.

        What another transaction commits meanwhile is left alone, as is what another fold has taken.
        """
        rows = list(self.select_for_update().order_by("pk"))
        sums: Counter[tuple[int | None, int | None]] = Counter()
        for row in rows:
            sums[row.plan_id, row.about_id] += row.number
        self.filter(pk__in=[row.pk for row in rows]).delete()
        self.bulk_create([self.model(plan_id=of, about_id=about, number=one) for (of, about), one in sums.items()])
        return len(rows) - len(sums)


class Change(models.Model):
    """Something that pages show of a plan was changed (no plan: of every plan). Written by the database alone.

    `about_id` says about which of the plan's many like things, as the watch of the table tells it (the figures and
    lights of one indicator); a page that shows only some of them need not be made anew for the others. None is about
    everything else, which any page may show.

    The version of a plan is the sum of its `number`s and of those without a plan. It cannot lie, and asking is cheap:

    - triggers (`plans.changes`) add the row in the transaction that changes a watched table, by whatever door: service,
      administration, COPY, SQL typed by hand. Nobody can forget it, and nobody sees the change before the version;
    - rows are only added, so that two who write never wait for each other, as they would for a counter; nor is it the
      highest id, which a transaction that commits late would slip under;
    - numbers are random, so that a database restored from a backup does not come to an old version again.
    """

    plan_id = models.BigIntegerField(_("plan"), null=True)
    about_id = models.BigIntegerField(_("about which of its parts"), null=True)
    number = models.BigIntegerField(_("number"))

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        indexes = [models.Index(fields=["plan_id", "about_id"], name="change_of_plan")]

    def __str__(self) -> str:
        return f"{self.plan_id} · {self.about_id} · {self.number}"
