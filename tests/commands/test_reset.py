"""`faust -A app reset`: what to delete to have state rebuilt."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from commands.reset import reset
from settings.model import Settings


def test_reset_says_what_to_delete_and_has_done_what_it_is_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command: Any = reset.__new__(reset)
    command.app = create_app(Settings(data_dir=tmp_path))

    asyncio.run(command.run())

    said = capsys.readouterr()
    assert said.out.startswith(f"stop the worker and delete {tmp_path}/flowmart-dev: ")
    assert said.err == ""
