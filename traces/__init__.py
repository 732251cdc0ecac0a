"""Distributed traces, read from the log: `python -m traces` (docs/adr/0021).

Comes in: committed records of the public topics and their dead letters. Goes out: one span for
each, over OTLP/HTTP, at least once; a repeat has the same ids. Nothing is kept.
"""
