"""What commands share."""

import asyncio
import getpass
import os
import sys
from typing import Any

import pytest

from commands.base import Command, whoever


def test_nothing_is_said_where_whoever_read_the_output_has_enough_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class saying(Command):  # noqa: N801 - a command's name
        abstract = True

        async def act(self) -> None:
            sys.stdout.write("less than a pipe holds")

    made: Any = saying.__new__(saying)
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)

        asyncio.run(made.run())  # Closing what is left to be written would raise.


@pytest.mark.parametrize("told", [KeyError, OSError])  # Until Python 3.13, and from then on.
def test_a_user_without_a_name_is_known_by_number(
    monkeypatch: pytest.MonkeyPatch, told: type[Exception]
) -> None:
    def nameless() -> str:
        raise told

    monkeypatch.setattr(getpass, "getuser", nameless)

    assert whoever() == str(os.getuid())
