"""What a unit does with the figures of a month: its desk, its worksheet, its queue, and what other systems send."""
