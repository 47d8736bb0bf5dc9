"""What there is to remind people of about figures."""
