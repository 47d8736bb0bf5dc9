"""How figures become attainments: accumulated, compared, judged, foretold (pure). Exact numbers alone; no clock."""
