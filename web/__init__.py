"""A worker's own HTTP port: health, metrics, and the tables as of the last commit."""
