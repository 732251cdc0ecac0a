"""Points and mutants still find what they are put around."""

import os
import subprocess
import sys

import pytest

from faults.mutants import MUTANTS
from faults.mutations import MUTATIONS
from faults.points import POINTS
from faults.processes import ROOT


@pytest.fixture(scope="module")
def told() -> dict[str, str]:
    """What each patch did in a process of its own: the methods that are others than before."""
    script = "from tests.faults import patched; patched.main()"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return dict(line.split("=", 1) for line in done.stdout.split())


@pytest.mark.parametrize("name", [*POINTS, *MUTATIONS])
def test_a_patch_changes_the_engine(told, name) -> None:
    assert told[name] != ""


def test_every_mutation_has_a_check_that_must_notice() -> None:
    assert MUTANTS.keys() == MUTATIONS.keys()
    assert len(MUTANTS) >= 12
