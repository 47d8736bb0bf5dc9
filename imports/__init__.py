"""Many figures at once: a file comes in, is understood, checked, confirmed and written, or undone."""
