"""A plugin of pytest: has tests run against the engine with one promise broken."""

import os

from faults import mutations

if name := os.environ.get("FAULTS_MUTANT"):
    mutations.apply(name)
