"""How lights, refusals and notices about tasks are put into words, in the reader's language."""
