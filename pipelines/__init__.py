"""How the tables are made: from raw files to published Parquet."""
