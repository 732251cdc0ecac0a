"""A loop written by hand on stock aiokafka, rows in a dict: the limit of what Python can do.

At least once: what it read is committed after what it wrote is acknowledged. It keeps its rows
in a changelog, but nothing reads it back, nothing expires, no timer runs and nothing rebalances.
"""
