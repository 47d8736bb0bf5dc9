"""Pages of people who look after accounts, and the log of what was done."""
