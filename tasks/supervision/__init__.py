"""What pages and notices show of supervision, and who never updates."""
