"""The changes of what pages show: their sum is the version under which a page is kept."""

from collections import Counter
from collections.abc import Collection

from django.db import connections, models, transaction
from django.utils.translation import gettext_lazy as _


class ChangeQuerySet(models.QuerySet["Change"]):
    """What is done with changes."""

    def numbers(self, plan_id: int, about: Collection[int]) -> dict[int, int]:
        """The version of each of these parts of a plan, as a number; a part that was never changed has no number.

        Every page of a part asks for it, so the question is written as SQL: the ORM would take longer to put the
        question together than the database takes to answer.
        """
        return self.numbers_over([plan_id], about)

    def numbers_over(self, plan_ids: Collection[int], about: Collection[int]) -> dict[int, int]:
        """The versions of parts that several plans share."""
        if not about or not plan_ids:
            return {}
        asked = (
            "SELECT about_id, SUM(number) FROM plans_change "  # noqa: S608 - as many places as values are asked for
            f"WHERE (plan_id IN ({_places(plan_ids)}) OR plan_id IS NULL) AND about_id IN ({_places(about)}) "
            "GROUP BY about_id"
        )
        with connections[self.db].cursor() as cursor:
            cursor.execute(asked, [*plan_ids, *about])
            return {about_id: int(number) for about_id, number in cursor.fetchall()}

    def outline_of_regions(self, region_ids: Collection[int]) -> int:
        """The version of all plans of these regions together, figures and lights left out, as a number.

        What is expected of a unit for one plan depends on what the other plans of its region promise.
        """
        asked = (
            "SELECT COALESCE(SUM(number), 0) FROM plans_change "  # noqa: S608 - as many places as values are asked for
            "WHERE about_id IS NULL AND (plan_id IS NULL "
            f"OR plan_id IN (SELECT id FROM plans_plan WHERE region_id IN ({_places(region_ids)})))"
        )
        with connections[self.db].cursor() as cursor:
            cursor.execute(asked, [*region_ids])
            return int(cursor.fetchone()[0])

    @transaction.atomic
    def fold(self) -> int:
        """Replaces all rows about the same part of a plan by one row with their sum, and returns how many rows fewer
        there are. No version changes, because a version is such a sum.

        Rows that another transaction commits meanwhile stay as they are, and so do rows that another call has locked.
        """
        rows = list(self.select_for_update().order_by("pk"))
        sums: Counter[tuple[int | None, int | None]] = Counter()
        for row in rows:
            sums[row.plan_id, row.about_id] += row.number
        self.filter(pk__in=[row.pk for row in rows]).delete()
        self.bulk_create(
            [self.model(plan_id=of, about_id=about, number=number) for (of, about), number in sums.items()]
        )
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


def _places(values: Collection[int]) -> str:
    """A place for each value in a statement."""
    return ", ".join(["%s"] * len(values))
