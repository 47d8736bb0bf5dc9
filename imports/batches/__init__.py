"""From an upload to figures that are written: checked by a worker, staged, applied, kept for a time."""
