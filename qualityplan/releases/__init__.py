"""From one release to the next: whether the database is that of this release, how data of before 0.1.0 moves in, and
the databases of earlier releases against which upgrades are tried. No module exports anything here.
"""
