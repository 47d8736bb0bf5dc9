"""What a figure may be: its form, its size, what looks odd about it (pure)."""
