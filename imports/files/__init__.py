"""From the bytes of CSV, XLSX, XLS and ODS to rows of cells. Nothing here knows what a cell means."""
