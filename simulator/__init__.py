"""A seeded shop: what people and producers send, and a judge of what comes of it.

Everything derives from one seed and one start time: the same two give the same bytes, in the
same order. The judge (`oracle`) knows what was sent and reads topics; it shares no code with the
agents it judges.

- `settings`: every figure of the shop.
- `catalogue`, `customers`, `cards`, `places`: what exists in it.
- `plans`, `requests`, `faults`, `script`: what is sent, and when.
- `afterwards`, `members`: what happens once an order arrived, and who subscribes.
- `staff`, `quarrels`: who answers: the reviewer and the buyer; customers, support, the bank.
- `heard`, `book`, `folds`, `dossier`, `shelves`, `lives`: what topics say, folded by order,
  product and subscriber.
- `memory`, `oracle`: what must come of it, and whether it did.
- `wire`, `load`, `latency`: sending at a rate, reading, measuring.
- `demo`: all of it with a broker and workers, on one machine.
"""
