"""The demo: the commands that a user would type, in order, in a storage root of their own, and what they showed."""
