"""The whole marketplace on one machine: broker, workers, shop and judge. `make demo` runs it."""
