"""From the bytes of raw files to the rows of documents."""
