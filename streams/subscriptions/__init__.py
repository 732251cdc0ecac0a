"""Subscriptions: from SubscribeUser to the end, with their billing. Pure functions, by userId.

A message or a timer and a subscription go into a function that decides; out come facts;
`evolution` folds them; `outcomes` says which messages follow, `deadlines` which timers run.

- `rules`, `plans`: every figure, and what can be subscribed to (G-39).
- `rows`: the states, their transitions, and what is kept: one row a user.
- `facts`, `evolution`, `billing_folds`: what can happen, and how the row changes by it.
- `subscribing`: a subscription begins (G-21, G-39).
- `charging`: invoices are drawn, charged and paid; the next period begins (K20, G-40).
- `failing`: charges that fail, dunning, grace, suspension (K4, K5, G-42, G-44).
- `leaving`: cancellation, save offer, undo (G-43). `pausing` (G-43), `changing` plans (G-41).
- `deadlines`: what happens when time is up.
- `deciding`: one entry to all of them. `subscriber`: a user's row.
- `outcomes`, `notices`, `wire`: what is told, and asked of others (G-45).
- `standing`: the answer to GetSubscriptionStatus. `levels`: how many stand how.

Where this goes beyond the contract's tables: a customer who is past due and cancels is let go
at once, because the period that ran is over (the table lets only policy and support do that);
and a pause or a change of plan cancels an invoice that is not charged yet, so that another can
take its place.
"""
