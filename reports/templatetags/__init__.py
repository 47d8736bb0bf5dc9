"""The plan's text in a page."""
