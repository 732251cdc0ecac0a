"""The whole shop without Kafka: every agent and effect, on a clock that leaps.

A seed decides who orders what, what fails and in which order things happen; the same seed is the
same run, to the byte. After every commit invariants are checked that read rows and records alone.

- `lane`, `world`: partitions, topics, time; crashes, delays, batches.
- `outside`: providers, carriers and channels that fail.
- `people`: shoppers, staff and operators.
- `laws`: what must hold, always and in the end.
- `replay`: batch boundaries change nothing.
- `mutants`: rules that are broken on purpose, each caught by a law.
"""
