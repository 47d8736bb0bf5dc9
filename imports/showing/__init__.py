"""What pages show and ask about a file: what was recognised, what it would do, how it is corrected."""
