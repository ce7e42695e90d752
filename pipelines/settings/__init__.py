"""What matterhouse.toml says: how one archive differs from the built-in mappings."""
