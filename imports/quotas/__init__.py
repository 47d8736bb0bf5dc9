"""The sheet of a plan's quotas: taken away prefilled, brought back filled in."""
