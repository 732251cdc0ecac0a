"""Allocation: what Inventory asks of its stock on behalf of an order, by orderId.

An order speaks of lines, stock of products. `decide(row, message, at_ms, rules)` says what a
message means for an order's lines, as facts; `evolve` folds them; `commands` says which
ReserveStock, ReleaseStock, CommitStock and ExtendHold follow, one a line, to be re-keyed by
product. A line's reservation is `<orderId>:<line>`, counted from 1.

Which holds are asked for again. A hold that lapses normally ends its order, so nothing is
asked again. It does not while a fraud review is open (G-24) or another line waits for a
restock: the order then lives on, with lapsed lines. They are asked for anew, with a fresh
expiry, as soon as nothing is open any more: the review approved, the last waiting line
filled. Orders and Allocation read the same events, but nothing is built on reading them in the
same order: once an order has taken such a detour, a line that lapses later is asked for at
once. Asking once too often is harmless, for a cancelled order releases every line, and a
released line cannot be reserved again; asking once too few would leave an order hanging.

Messages race each other: the verdict on a payment may be here before OrderConfirmed. Such
an order has a row without lines, which remembers what matters and asks for nothing, until
OrderConfirmed fills it in or, ten minutes later, it is forgotten. (Orders keeps the message
itself and puts it among the dead letters, so nothing is lost with it.)

What shipping tells by shipment is turned into commands by product here too: what left, what came
back, and what is let go because its payment is disputed.
"""
