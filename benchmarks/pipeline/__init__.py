"""The shop under load: orders, inventory, fraud and payment, with a provider that is quick."""
