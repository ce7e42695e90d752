"""The terminal: commands, options, what is printed."""
