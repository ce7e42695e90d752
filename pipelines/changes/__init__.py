"""What changed since the last snapshot: files, inputs and code."""
