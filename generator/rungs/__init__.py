"""Rungs: a generator of MLOps projects that climb the maturity ladder with their team."""
