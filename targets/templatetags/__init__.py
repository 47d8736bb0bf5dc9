"""Lights, figures and rows of targets in a page."""
