"""Who watches the service: what each part last did, what waits, what monitoring and administrators are told of it, and
the alarms when a part stands still."""
