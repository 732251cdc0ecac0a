"""Records in batches, state stores, exactly once: what every agent stands on.

Declare topics, tables and agents as data (`specs`), bind them to a Faust app (`bind`),
run them with `faust worker`, or drive them without a broker (`driver`).
The engine knows nothing of shops.
"""
