"""A database of an earlier release, in a process of its own: what it says once this release has taken it over.

`python -m qualityplan.tests.upgraded` prints as JSON what stands in the database that the environment names;
`.ci/release-dump` keeps that beside each dump. With `--migrate` the database is migrated first.
"""

import json
import os
import re
import sys
from itertools import islice
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

COUNTED = re.compile(r'class="count count-(\w+)".*?<strong>(\d+)</strong>', re.DOTALL)
PAGES = (
    "/",
    "/plans/wenzhou-2014-quality/?month=2014-09",
    "/plans/wenzhou-2014-quality/text/",
    "/plans/wenzhou-2011-2015-quality/?month=2014-09",
    "/plans/wenzhou-2014-quality/comparison/",
    "/plans/wenzhou-2014-quality/tasks/",
    "/admin/",
    "/api/v1/plans",
)
STATIC = {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}


def facts() -> dict[str, Any]:
    """What an upgrade must not change, and what must hold after it."""
    from departments.auditing import chain
    from targets.judging.audit import differences

    return {
        "lights": lights(),
        "pages": pages(),
        "head": str(chain.read_chain_head()),
        "chain": [*islice(chain.find_chain_faults(), 5)],
        "attainments": [str(found) for found in islice(differences(), 5)],
    }


def lights() -> dict[str, list[str]]:
    """Every light by the version of the formulas that judged it."""
    from targets.models import Attainment

    found: dict[str, list[str]] = {}
    named = "target__plan__code", "target__code", "region__code", "month", "verdict", "signal"
    for version, *row in Attainment.objects.order_by(*named[:4]).values_list("formula_version", *named):
        found.setdefault(str(version), []).append(" ".join(map(str, row)))
    return found


def pages() -> dict[str, list[object]]:
    """Status of each page, and the number beside each light where the page counts them."""
    from departments.models import User

    client = Client()
    client.force_login(User.objects.get(username="admin"), "departments.login.backends.Backend")
    answers = {address: client.get(address) for address in PAGES}
    return {address: [told.status_code, COUNTED.findall(told.content.decode())] for address, told in answers.items()}


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qualityplan.settings")
    django.setup()
    if "--migrate" in sys.argv:
        call_command("migrate", verbosity=0, interactive=False)
    with override_settings(STORAGES=settings.STORAGES | STATIC, ALLOWED_HOSTS=["testserver"]):
        sys.stdout.write(json.dumps(facts(), ensure_ascii=False))
