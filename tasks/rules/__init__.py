"""Rules about tasks without a database: progress, weights, due dates, the steps of supervision (pure)."""
