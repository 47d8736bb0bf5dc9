"""What a backup asks of a database and does to it: a snapshot of all rows, and tables made anew to take them back. Both
kinds answer to the same names, so that whoever packs and restores need not know which one it is."""
