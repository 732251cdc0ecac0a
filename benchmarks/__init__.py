"""What is fast, measured in one run on one broker: `make bench`."""
