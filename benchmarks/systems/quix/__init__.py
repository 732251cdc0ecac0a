"""Quix Streams, in an environment of its own: it wants other versions of what this project uses."""
