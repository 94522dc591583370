"""Figures about Rungs and what it renders; see README.md."""
