"""What the database does by itself: triggers, prepared questions, two roles. Apps register theirs; all are kept after
each `migrate`.
"""
