"""Pages that read everything, a module a subject."""
