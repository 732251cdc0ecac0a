"""Rules that are broken on purpose: a law that nothing breaks says nothing.

Each mutant is a change of one place of the source, made while the module is imported in a process
of its own; nothing on disk changes. A place that is not there any more is an error.
"""

import subprocess
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import Final, NamedTuple

from simulation.broken_rules import MUTANTS
from simulation.broken_rules.mutant import Mutant

SEEDS_MAX: Final = 600
"""Lives that a mutant may live through before it counts as not noticed."""


# -- making one


class _Breaking(SourceFileLoader):
    """Compiles the module with the rule broken; what is cached on disk is not looked at."""

    def __init__(self, name: str, path: str, mutant: Mutant) -> None:
        super().__init__(name, path)
        self._mutant = mutant

    def get_code(self, fullname: str) -> CodeType:
        """The module's code, changed in one place."""
        source = self.get_source(fullname) or ""
        found = source.count(self._mutant.old)
        if found != 1:
            raise SystemExit(f"mutant «{self._mutant.name}»: its place is there {found} times")
        return compile(source.replace(self._mutant.old, self._mutant.new), self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Give the one module that is changed its own loader."""
        if fullname != self._mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Breaking(fullname, spec.origin, self._mutant)
        return spec


def break_rule(name: str) -> None:
    """Have this process import the program with that rule broken. Call it before anything else."""
    [mutant] = [one for one in MUTANTS if one.name == name]
    assert mutant.module not in sys.modules, f"{mutant.module} is imported already"
    sys.meta_path.insert(0, _Finder(mutant))


# -- running them


class Verdict(NamedTuple):
    """What became of a mutant."""

    mutant: Mutant
    killed: bool
    by: str
    """The law that noticed it, and in which seed; or what went wrong."""


def tried(mutant: Mutant, seeds: int = SEEDS_MAX) -> Verdict:
    """Live with a broken rule until a law notices, at most so many lives."""
    command = [sys.executable, "-m", "simulation", "run", "--until-failure"]
    command += ["--seeds", str(seeds), "--mutant", mutant.name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    first = (done.stdout.strip() or done.stderr.strip() or "no word").splitlines()
    if done.returncode == 1 and first[0].startswith("seed "):
        return Verdict(mutant, killed=True, by=first[0].removesuffix(" does not hold"))
    return Verdict(mutant, killed=False, by=first[-1])


def report(seeds: int = SEEDS_MAX) -> int:
    """Try every mutant; print who noticed. 1 when one was not noticed."""
    survivors = 0
    for mutant in MUTANTS:
        verdict = tried(mutant, seeds)
        survivors += not verdict.killed
        word = "noticed" if verdict.killed else "NOT NOTICED"
        print(f"{word}: {mutant.name}: {verdict.by}", flush=True)
    print(f"{len(MUTANTS) - survivors} of {len(MUTANTS)} broken rules were noticed")
    return 1 if survivors else 0
