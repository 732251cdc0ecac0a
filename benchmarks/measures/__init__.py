"""What is measured of a system: throughput, latency, recovery, how it grows."""
