"""What looks odd in figures that are official, and the question to the unit. It never makes a light."""
