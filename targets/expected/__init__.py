"""Who is expected to report what until when, and how punctual they are. A closed month asks nobody any more."""
