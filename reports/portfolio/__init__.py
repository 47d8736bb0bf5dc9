"""All plans that a person sees, side by side."""
