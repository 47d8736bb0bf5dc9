"""What was promised, in its own words: plans, clauses, months, working days. It knows nothing of figures."""
