"""Shipping: what an order's goods go through from payment to door, and back. Pure functions.

Two kinds of rows, both in the order's partition. A `Fulfilment` is an order as Shipping needs
it: where it goes, what is in it, which warehouse holds which line, whether it is paid, held or
over. A `Shipment` is one warehouse's part of it, with one carrier and one or more packages.

- `rules`: every figure.
- `rows`, `facts`, `fulfilment_facts`, `evolution`: what is kept, what can happen, and how rows
  change by it.
- `fulfilment`, `planning`: an order's news, and which parcels it is split into.
- `packing`, `quotes`, `carriers`, `calendar`: packages, cost, choice of carrier, ETA.
- `opening`, `booking`: a shipment begins, and finds its carrier.
- `tracking`, `deliveries`, `claims`: scans, attempts to deliver, lost parcels.
- `cancelling`: how a shipment ends before dispatch, is kept from it, or gets another address.
- `returns`: labels, receipt and inspection.
- `deciding`: one entry to all that can happen to a shipment, and to its timers.
- `messages`, `return_messages`, `asking`: what follows from facts.

Where this goes beyond the contract's table of transitions: the pairs of states are the table's,
but two triggers are wider. A parcel that nobody has scanned for five days counts as a failed
delivery (G-30), and a scan from further on implies the ones before it: carriers lose scans.
"""
