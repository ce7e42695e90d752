"""Official validators of other formats, each run as a process in an environment of its own."""
