"""Many projects at once: what state they are in, and the same move for all of them."""
