"""What a person asks of promised work, one module a subject."""
