"""The systems under test: each runs as a process of its own and is told its job by environment."""
