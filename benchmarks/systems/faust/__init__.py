"""Stock Faust 0.15 on its own transport, tables and windows, with uvloop."""
