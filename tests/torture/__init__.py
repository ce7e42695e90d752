"""Torture: what the warehouse promises, while it is killed, starved, crowded and read."""
