"""Pure domain logic: decide, evolve and fold, a module or package a service."""
