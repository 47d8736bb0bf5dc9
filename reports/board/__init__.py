"""One plan for its leadership: where it stands, how it came there, what its text promises."""
