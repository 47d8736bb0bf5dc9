"""How anything becomes official: handed in, reviewed by somebody else, approved or returned."""
