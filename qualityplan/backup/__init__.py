"""Backup and restore: one archive of database and attached files, made while the service runs, put back whole or not at
all, and proved in a database that is thrown away. Why tables are copied by us: `docs/decisions/0016`."""
