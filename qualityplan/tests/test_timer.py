"""The timer starts whatever its notes look like."""

from pathlib import Path

import pytest
from celery.utils.imports import symbol_by_name

from qualityplan.celery import app


def started(notes: Path) -> set[str]:
    """What the timer that the settings name has to send."""
    timer = symbol_by_name(app.conf.beat_scheduler)(app=app, schedule_filename=str(notes))
    try:
        return set(timer.schedule)
    finally:
        timer.close()


@pytest.mark.parametrize("share", [0.0, 0.2, 0.9, 0.999])
def test_torn_notes_are_begun_anew(share: float, tmp_path: Path) -> None:
    everything = started(tmp_path / "notes")
    assert everything >= set(app.conf.beat_schedule)
    whole = {file: file.read_bytes() for file in tmp_path.iterdir()}
    for torn, written in whole.items():
        for file in tmp_path.iterdir():
            file.unlink()
        for file, content in whole.items():
            file.write_bytes(content)
        torn.write_bytes(written[: int(len(written) * share)])
        assert started(tmp_path / "notes") == everything
        assert started(tmp_path / "notes") == everything
