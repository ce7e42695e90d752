"""The words in which tables are written."""
