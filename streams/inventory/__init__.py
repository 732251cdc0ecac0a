"""Inventory: stock over warehouses, holds on it, and the log of what moved.

Everything is by product. A command and the product's `Stock` row (and, for a hold, its
`Reservation` row) go into a function that decides; out come facts, or a `Refusal`. `post`
folds the facts and says what follows: changed rows, movements, messages.

- `rules`: every figure.
- `rows`: what is kept.
- `facts`: what can happen, and how rows change by it.
- `allocation`: which warehouses fill a line.
- `backorders`: who waits, and who is served.
- `holds`, `releases`: reserve, commit, extend, expire, ship; let go.
- `receipts`, `corrections`: receive; correct, discontinue; `entry`: what a warehouse takes.
- `reorder`: what runs low or out.
- `notices`: facts as messages.
- `posting`: one verb that folds a decision.
"""
