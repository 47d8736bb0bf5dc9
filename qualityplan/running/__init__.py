"""The processes of a running service, and how long they wait for each other."""
