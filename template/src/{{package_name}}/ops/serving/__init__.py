"""The HTTP service: predictions by the released model, which it swaps without a restart."""
