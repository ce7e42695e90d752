"""Functions of one value; they know no table."""
