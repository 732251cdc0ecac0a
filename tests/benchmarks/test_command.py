"""What `python -m benchmarks` refuses before anything starts."""

import pytest

from benchmarks.__main__ import main


@pytest.mark.parametrize(
    "asked",
    [
        ["driver", "--events", "0"],
        ["pipeline", "--rate", "-1"],
        ["shop", "--seconds", "nan"],
        ["compare", "--rounds", "0"],
    ],
)
def test_a_number_with_which_nothing_can_be_measured_is_refused(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(asked)

    assert ended.value.code == 2
    assert f"{asked[1]}: expected a number above 0" in capsys.readouterr().err


def test_a_system_that_there_is_not_is_told_before_kafka_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compare", "--systems", "flowmart,storm"]) == 1
    assert capsys.readouterr().err == "there is no storm: see --help\n"
