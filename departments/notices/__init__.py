"""What waits for a person, and how it reaches them: in the page, by mail, once a day together."""
