"""What single cells and words mean: names, headings, values, titles (pure)."""
