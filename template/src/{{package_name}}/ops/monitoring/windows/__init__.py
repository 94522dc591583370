"""Where the rows come from. A module has `read(reference, rows) -> Window`; the highest `PREFERENCE` is the default."""
