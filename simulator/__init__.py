"""A seeded shop: customers, orders, faults."""
