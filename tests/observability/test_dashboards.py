"""Dashboards: generated, current, and made of queries that Prometheus understands."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from observability.boards import BOARDS
from observability.dashboards import FOLDER, main, stale, write
from observability.panels import Board, board_json
from tests.tools import tool

ROOT = Path(__file__).parents[2]
COLUMNS = 24


def test_the_files_are_what_the_boards_say() -> None:
    assert stale() == [], "run `python -m observability.dashboards`"


def test_a_check_finds_what_is_changed_missing_or_too_many(tmp_path: Path) -> None:
    write(tmp_path)
    assert stale(tmp_path) == []

    (tmp_path / "orders.json").write_text("{}")
    (tmp_path / "engine.json").unlink()
    (tmp_path / "mine.json").write_text("{}")

    assert stale(tmp_path) == ["engine.json", "mine.json", "orders.json"]
    write(tmp_path)
    assert stale(tmp_path) == []


def test_what_grafana_reads_is_what_the_boards_say() -> None:
    assert main(["--check"]) == 0


def test_there_is_a_board_for_each_thing_to_watch() -> None:
    assert [board.name for board in BOARDS] == [
        "orders",
        "payments",
        "inventory",
        "shipping",
        "subscriptions",
        "notifications",
        "customers",
        "api",
        "engine",
    ]


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_panels_fit_beside_each_other_without_overlap(board: Board) -> None:
    taken: set[tuple[int, int]] = set()

    for panel in panels(board):
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert place["x"] + place["w"] <= COLUMNS
        taken |= cells


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.name)
def test_every_panel_says_what_it_shows(board: Board) -> None:
    found = panels(board)

    assert len({panel["id"] for panel in found}) == len({panel["title"] for panel in found})
    assert all(panel["description"] and panel["targets"] for panel in found)


def test_prometheus_understands_every_query(tmp_path: Path) -> None:
    promtool = tool("promtool", "apt-get install prometheus")
    queries = [query.expr for b in BOARDS for panel in b.panels for query in panel.queries]
    rules = [{"record": f"query:{n}", "expr": expr} for n, expr in enumerate(queries)]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))

    done = subprocess.run(
        [promtool, "check", "rules", str(path)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_grafana_finds_its_datasource_and_its_boards() -> None:
    provisioning = ROOT / "observability" / "grafana" / "provisioning"
    sources = yaml.safe_load((provisioning / "datasources" / "prometheus.yml").read_text())
    providers = yaml.safe_load((provisioning / "dashboards" / "flowmart.yml").read_text())
    chosen = json.loads((FOLDER / "orders.json").read_text())["templating"]["list"][0]

    assert [source["uid"] for source in sources["datasources"]] == [chosen["current"]["value"]]
    assert providers["providers"][0]["options"]["path"].startswith("/etc/grafana/")


def panels(board: Board) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = board_json(board)["panels"]
    return found
