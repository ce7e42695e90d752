"""Worker processes and standard streams."""
