"""What a unit sees and writes about its tasks each month, and what it is reminded of."""
