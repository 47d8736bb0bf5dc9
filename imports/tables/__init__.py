"""What a table says: its headings, columns, figures and totals (pure). From cells to figures, and everything that is
wrong with them.
"""
