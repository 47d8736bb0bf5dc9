"""A target divided among the parts of its region, as a table."""
