"""Pages of the imports: files of figures, and the sheet of a plan's quotas."""
