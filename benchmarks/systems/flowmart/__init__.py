"""This project's engine, a Faust app a workload."""
