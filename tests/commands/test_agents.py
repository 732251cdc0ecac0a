"""`faust -A app agents`: what each agent reads, keeps and publishes, as it is declared."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from app import create_app
from commands.agents import agents
from settings.model import Settings


def test_each_agent_is_listed_with_its_topics_its_tables_and_where_it_publishes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _listed(tmp_path, capsys)

    fraud, gateway = found["fraud"], found["gateway"]
    assert list(found) == sorted(found)
    assert "flowmart-dev-orders.dev.events-by-userId-repartition" in fraud["reads"]
    assert "risk_profiles" in fraud["tables"]
    assert "payments.dev.events" in fraud["publishes"]
    assert gateway["tables"] == []
    assert gateway["reads"][0] == "payments.dev.commands"


def test_a_line_of_plain_text_has_everything_of_one_agent(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _listed(tmp_path, capsys)

    asyncio.run(_command(tmp_path).act(as_json=False))
    columns, *lines = capsys.readouterr().out.splitlines()

    assert columns.split("\t") == ["agent", "help", "reads", "tables", "publishes"]
    assert [line.split("\t")[0] for line in lines] == list(found)
    assert ", ".join(found["carts"]["reads"]) in "".join(lines)


def _listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    asyncio.run(_command(tmp_path).act(as_json=True))
    rows = map(json.loads, capsys.readouterr().out.splitlines())
    return {row["agent"]: row for row in rows}


def _command(tmp_path: Path) -> agents:
    command: Any = agents.__new__(agents)
    command.app = create_app(Settings(data_dir=tmp_path))
    return command  # type: ignore[no-any-return]  # made without Faust's own making
