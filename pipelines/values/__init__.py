"""Functions of one value. They know no table."""
