"""What was done, by whom and when, and the chain by which it can be proved. Nothing here is ever changed."""
