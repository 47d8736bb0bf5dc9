"""The first run of `manage.py demo`: what it says, what it leaves to others, when it refuses."""

import io
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import override_settings

from departments.models import User
from plans.models import Plan
from qualityplan.demonstration.shapes import made_up_plans
from targets.judging.audit import differences
from targets.models import Attainment, DirtyKey, Indicator, Observation, Source
from targets.services.official import make_official
from targets.tests import factories
from tasks.models import Milestone


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    with override_settings(VAR_DIR=tmp_path, DEMO_PASSWORD="example-password"):
        yield tmp_path


def run(*made_up: str) -> str:
    out = io.StringIO()
    call_command("demo", *made_up, stdout=out)
    return out.getvalue()


def test_it_says_how_to_log_in_and_leaves_judging_to_the_worker(plan_2014: Plan) -> None:
    """But for what is judged while it is written, on PostgreSQL."""
    said = run()
    assert "example-password" in said
    assert "coordinator" in said
    assert DirtyKey.objects.exists()
    judged = Attainment.objects.exclude(verdict="no_data")
    assert judged.exists() == (connection.vendor == "postgresql")
    factories.recompute()
    assert list(differences()) == []


def test_made_up_figures_never_come_among_real_ones(plan_2014: Plan) -> None:
    by = factories.coordinator()
    houses = factories.indicator("count")
    place = plan_2014.region
    make_official([factories.entry(houses, "2014-01", 1, place=place)], source=factories.source(by), by=by)
    with pytest.raises(CommandError):
        run(*made_up_plans())
    assert not Plan.objects.filter(demonstration=True).exists()
    assert not Source.objects.filter(demonstration=True).exists()
    assert not User.objects.filter(username="admin").exists()


def test_a_figure_that_does_not_fit_keeps_everything_out(plan_2014: Plan) -> None:
    Indicator.objects.filter(code="air-quality").update(maximum=Decimal(10))
    with pytest.raises(CommandError) as caught:
        run()
    assert "2013.csv" in str(caught.value)
    assert not Observation.objects.exists()
    assert not Milestone.objects.filter(done_on__isnull=False).exists()


def test_without_a_plan_it_says_what_to_do(db: None) -> None:
    with pytest.raises(CommandError):
        run()
