"""A worker that starts has everything judged anew that other formulas have judged, with nobody to tell it."""

import subprocess
from collections.abc import Callable

import pytest
from django.db import connection

from conftest import database_url
from qualityplan.tests.gate import opened
from targets.arithmetic.formulas import FORMULA_VERSION
from targets.models import Attainment
from targets.tests import factories as f

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_worker_that_starts_has_old_lights_judged_anew(
    spawn_worker: Callable[..., subprocess.Popen[bytes]], eventually: Callable[..., None]
) -> None:
    f.judged_anew(f.target(f.indicator("count"), "at_least", 400))
    Attainment.objects.update(formula_version=FORMULA_VERSION - 1)
    spawn_worker()
    eventually(lambda: not Attainment.objects.exclude(formula_version=FORMULA_VERSION).exists(), timeout=90)


@pytest.mark.postgres_only
def test_a_worker_that_starts_before_the_database_has_them_judged_when_it_is_there(
    spawn_worker: Callable[..., subprocess.Popen[bytes]], eventually: Callable[..., None]
) -> None:
    f.judged_anew(f.target(f.indicator("count"), "at_least", 400))
    Attainment.objects.update(formula_version=FORMULA_VERSION - 1)
    there = int(connection.settings_dict["PORT"])
    with opened(there) as gate:
        gate.shut = True
        worker = spawn_worker(DATABASE_URL=database_url().replace(f":{there}/", f":{gate.port}/"))
        eventually(lambda: gate.refused > 0, timeout=60)
        gate.shut = False
        eventually(lambda: not Attainment.objects.exclude(formula_version=FORMULA_VERSION).exists(), timeout=60)
        assert worker.poll() is None
