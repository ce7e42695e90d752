"""What the tables are: one file each, with columns, types, descriptions, rules, key and grain."""
