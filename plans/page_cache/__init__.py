"""Pages that are kept as they were made until something that they show has changed. What every page asks for
is read once for each version of the plans.
"""
