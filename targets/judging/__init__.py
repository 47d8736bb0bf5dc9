"""From official figures to attainment rows: loaded, judged, stored. Nothing else writes a light."""
