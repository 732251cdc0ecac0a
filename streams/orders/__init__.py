"""Orders: an order's life from PlaceOrder to its end. Pure functions, by orderId.

`decide(order, message, at_ms, rules)` says what a message means for an order, as facts;
`evolve(order, fact)` folds them into the row; `outcomes` says which messages and timers
follow. A fact changes the row's `version` by one (G-13).

- `rules`: every figure.
- `rows`: what is kept, and the states.
- `facts`, `evolution`: what can happen to an order, and how the row changes by it.
- `pricing`, `checks`, `placing`: what PlaceOrder asks for, and whether it may (G-10, G-12).
- `amendments`, `amending`: what may be changed before a shipment is booked, and how (G-8).
- `recovery`, `substituting`: lines that cannot be had are replaced or cancelled (G-11).
- `back`, `returning`, `receiving`: goods on their way back, and their price (G-32).
- `exchanging`, `differences`, `inspecting`, `replacing`, `undoing`: other goods instead of the
  price (G-33).
- `flags`, `sweeping`: what people should know; what stands still, what is old.
- `carts`, `subscribed`: what comes before an order, and what ends it from outside (G-15, G-45).
- `cancelling`, `stock`, `payment`, `fraud`, `shipping`: what the others mean.
- `deciding`: one entry to all of them, and to the timers.
- `early`: what waits for an order that nobody has placed yet.

Terminal states absorb everything: what comes late is written into the history where it
matters, and moves nothing.

Where this goes beyond the contract's table of transitions: the pairs of states are the
table's, but three triggers are wider, because an order must not outlive its money. DECLINED
or a final PaymentFailed also ends a backordered order, and a final PaymentFailed also one on
hold: the table lets only a timer or a person do that, and the order would wait days for
stock it can never pay for. A line that cannot be had changes an order's state only where it is
the last one, or the last one that was waited for. And fraud found while an order waits for
stock puts it on hold only once the stock is there: the table has no other way.
"""
