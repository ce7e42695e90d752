"""From documents to the rows of every other table, with findings for the rest."""
