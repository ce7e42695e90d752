"""DuckDB, and nothing else: the views over a snapshot, in memory for a query and in a file."""
