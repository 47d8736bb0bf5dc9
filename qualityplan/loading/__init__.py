"""From fixtures to rows of the database: the files are read, each row is checked, and every fault is told in words that
lead to it. The format is described in docs/fixtures.md.
"""
