"""A run, from what is asked for to what is published, one step after the other, under the lock."""
