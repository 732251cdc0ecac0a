"""A missing tool is skipped here, and told in CI."""

import pytest

from tests.tools import tool


def test_what_is_there_is_found() -> None:
    assert tool("sh", "it is everywhere").endswith("/sh")


@pytest.mark.parametrize(("ci", "outcome"), [("", "Skipped"), ("true", "Failed")])
def test_what_is_missing_fails_only_in_ci(
    monkeypatch: pytest.MonkeyPatch, ci: str, outcome: str
) -> None:
    monkeypatch.setenv("CI", ci)

    with pytest.raises(BaseException, match="no-such-tool is missing: make it") as raised:
        tool("no-such-tool", "make it")

    assert raised.type.__name__ == outcome
