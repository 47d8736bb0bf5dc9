"""Measured promises: indicators, targets, figures, and how far each promise is kept."""
