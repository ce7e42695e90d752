"""How the posts of an archive call things, and how that becomes the keys of the tables."""
