"""A day in fast motion: a schedule on a real server, and everything that goes wrong in a year."""
