"""Billing: what a subscription owes, when it falls due, and what happens when it is not paid.

Pure functions over an `Invoice`, which is also its billing cycle: one invoice, one period, one
cycle of charges. Who holds the invoice is the subscription (`streams.subscriptions`).

- `rules`: every figure.
- `rows`: the invoice and its cycle, with the contract's transitions of both.
- `calendar`: billing dates, with month ends clamped (G-40).
- `amounts`: net prices, tax, proration (G-12, G-41).
- `invoices`: drawing an invoice, its number, and the ids of its charges.
- `dunning`: when a failed charge is tried again, and when that ends (G-42).
- `messages`: invoices, reminders and charges as the wire has them.
"""
