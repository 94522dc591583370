"""Where the rows come from. A module here has `read(reference, rows) -> Window`, and `PREFERENCE`: highest is default."""
