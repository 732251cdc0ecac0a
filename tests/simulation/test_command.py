"""What `python -m simulation` says of runs that show nothing, or were ended."""

import sys
from collections.abc import Iterator

import pytest

from simulation import __main__ as command
from simulation import run


@pytest.mark.parametrize("asked", [["run", "--seeds", "0"], ["mutants", "--seeds", "-3"]])
def test_no_seeds_show_nothing(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["simulation", *asked])

    with pytest.raises(SystemExit) as ended:
        command.main()

    assert ended.value.code == 2
    assert "--seeds: expected 1 or more" in capsys.readouterr().err


@pytest.mark.parametrize(("told", "code"), [(None, 130), ("a law broke", 1)])
def test_a_run_that_is_ended_tells_what_it_came_to(
    told: str | None,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def ended(seeds: range) -> Iterator[tuple[int, str | None]]:
        yield seeds[0], told
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "failures", ended)

    assert command.seeds(range(7, 9)) == code
    assert capsys.readouterr().out.splitlines()[-1].startswith("1 seeds in ")
