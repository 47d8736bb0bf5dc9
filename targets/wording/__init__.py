"""How rules, lights and figures are put into words, in the reader's language."""
