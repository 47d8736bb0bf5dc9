"""Very many figures in a handful of statements: copied in, offered, stepped on. SQL put together from our own names."""
