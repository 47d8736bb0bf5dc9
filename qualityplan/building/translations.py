"""Compile the translations of the project; needs no gettext tools on the machine."""

import os
from pathlib import Path

import polib

ROOT = Path(__file__).resolve().parent.parent.parent


def sources() -> list[Path]:
    """Every catalogue of every app."""
    return sorted(ROOT.glob("*/locale/*/LC_MESSAGES/*.po"))


def compile_catalogue(source: Path) -> Path:
    """Write the .mo beside its .po, in one step, so that a running process never reads half of it."""
    unfinished = source.with_suffix(f".mo.{os.getpid()}")
    polib.pofile(str(source)).save_as_mofile(str(unfinished))
    return unfinished.rename(source.with_suffix(".mo"))


if __name__ == "__main__":
    for path in sources():
        compile_catalogue(path)
