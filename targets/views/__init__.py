"""What a person asks of targets, one module a subject."""
