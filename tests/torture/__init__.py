"""Torture: the promises of the warehouse while it is killed, starved, crowded and read."""
