"""The derived views, by their SQL and by plain Python."""
