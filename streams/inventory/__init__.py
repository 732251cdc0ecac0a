"""Inventory: stock over warehouses, holds on it, and the log of what moved.

Everything is by product. A command and the product's `Stock` row (and, for a hold, its
`Reservation` row) go into a function that decides; out come facts, or a `Refusal`. `post`
folds the facts and says what follows: changed rows, movements, messages.

- `rules`: every figure.
- `rows`: what is kept.
- `facts`, `evolution`, `stock_evolution`: what can happen, and how rows change by it.
- `allocation`: which warehouses fill a line.
- `backorders`: who waits, and who is served.
- `holds`, `releases`, `leaving`: reserve, commit, extend, expire; let go; ship. `takeovers`: one
  reservation goes on with what another holds.
- `receipts`, `corrections`: receive; correct, discontinue; `entry`: what a warehouse takes.
- `reorder`, `missing`: what runs low or out, and what a count did not find.
- `warehouses`, `capacity`: snapshots, receipts and counts of whole warehouses.
- `notices`: facts as messages.
- `posting`: one verb that folds a decision.
"""
