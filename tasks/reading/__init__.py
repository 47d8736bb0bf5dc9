"""Where tasks stand as of a day, for lists, boards and calendars; and what of them slips."""
