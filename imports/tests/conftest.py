"""What every test of imports may use: uploads in a folder of the test's own."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def own_uploads(settings: Settings, tmp_path: Path) -> Path:
    """Uploads of one test are not seen by another, and leave nothing behind."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT / "imports"
