"""The notice of supervision on paper, as PDF and as a Word file; always in Chinese."""
