"""The databases of earlier releases: where they lie, how they are opened, and which migrations they froze."""

import json
import lzma
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg2

ROOT = Path(__file__).resolve().parent.parent.parent
DUMPS = ROOT / "fixtures" / "releases"
KEYS = {
    "SECRET_KEY": "of-release-dumps-which-hold-made-up-figures",
    "AUDIT_KEY": "of-release-dumps-which-hold-made-up-figures",
    "DEMO": "1",
    "DEMO_PASSWORD": "Made-up-2014",
    "HTTPS": "0",
}
"""With these settings dumps are made and opened; they keep no secret."""
RELEASED = re.compile(r"^## \[(\d+\.\d+\.\d+)\]", re.MULTILINE)


def released_versions() -> list[str]:
    """Every release that the changelog tells of, the newest first; a shallow checkout has no tags to ask."""
    return RELEASED.findall((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


def unpack(version: str, name: str) -> bytes:
    """A file of a release's dump."""
    return lzma.decompress((DUMPS / version / f"{name}.xz").read_bytes())


def facts_of(version: str) -> dict[str, Any]:
    """What stood in the database when the release was made (`qualityplan.tests.upgraded`)."""
    found: dict[str, Any] = json.loads(unpack(version, "facts.json"))
    return found


def frozen_migrations(version: str) -> dict[str, str]:
    """The hash of each migration that the release had, by its path."""
    found: dict[str, str] = json.loads((DUMPS / version / "migrations.json").read_text(encoding="utf-8"))
    return found


def migration_files() -> Iterator[Path]:
    """Every file that our migrations are made of."""
    yield from sorted(path for path in ROOT.glob("*/migrations/*.py") if path.stat().st_size)


def hash_migrations() -> dict[str, str]:
    """The hash of each of them, by its path."""
    return {str(path.relative_to(ROOT)): sha256(path.read_bytes()).hexdigest() for path in migration_files()}


@contextmanager
def restored_postgresql(version: str) -> Iterator[str]:
    """The release's dump in a database of its own on the server of this run; gives the address."""
    address = os.environ["DATABASE_URL"]
    name = f"release_{secrets.token_hex(6)}"
    with closing(psycopg2.connect(address)) as server:
        server.autocommit = True
        cursor = server.cursor()
        cursor.execute(f"CREATE DATABASE {name}")
        own = f"{address.rpartition('/')[0]}/{name}"
        try:
            with closing(psycopg2.connect(own)) as link, link, link.cursor() as filling:
                filling.execute(unpack(version, "postgresql.sql").decode())
            yield own
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")
