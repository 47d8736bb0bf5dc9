"""Rules about people without a database: keys, succession of departments, when to remind, how often to guess (pure)."""
