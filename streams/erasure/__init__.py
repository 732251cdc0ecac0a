"""Erasure: a customer's personal data goes from every table, amounts and ids stay (G-55)."""
