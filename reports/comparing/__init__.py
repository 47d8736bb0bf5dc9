"""Units, counties and targets beside each other, on pages and in files."""
