"""The engine under every fault that this machine can make: rows of a list, judged from the topics.

`python -m faults kills zombies --dose small --seed 7` runs rows; `python -m faults.mutants` shows
that they can fail. See docs/faults.md.
"""
