"""What all operations for other systems share: keys, bodies, refusals, and that a repeated request is done once."""
