"""Reading everything: portfolio, overview, the plan as a page, one target, units, counties, comparison, screens. It
owns no facts.
"""
