"""The profile of a snapshot: figures of every column, and warnings about what looks wrong."""
