"""Writes the boards as JSON for Grafana: `python -m observability.dashboards [--check]`.

`--check` writes nothing and fails when a file is not what the boards say.
"""

import argparse
import json
import sys
from pathlib import Path

from observability.boards import BOARDS
from observability.panels import Board, board_json

FOLDER = Path(__file__).parent / "grafana" / "dashboards"


def text_of(board: Board) -> str:
    """Give a board's file."""
    return json.dumps(board_json(board), indent=2, ensure_ascii=False) + "\n"


def stale(folder: Path = FOLDER) -> list[str]:
    """Name the files that are missing, changed by hand, or nobody's."""
    wanted = {f"{board.name}.json": text_of(board) for board in BOARDS}
    found = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.json")}
    return sorted(name for name in wanted | found if wanted.get(name) != found.get(name))


def write(folder: Path = FOLDER) -> None:
    """Make the folder hold exactly the boards."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.json"):
        path.unlink()
    for board in BOARDS:
        (folder / f"{board.name}.json").write_text(text_of(board), encoding="utf-8")


def main(arguments: list[str] | None = None) -> int:
    """Write or check; 1 when a check finds something stale."""
    parser = argparse.ArgumentParser(prog="python -m observability.dashboards")
    parser.add_argument("--check", action="store_true", help="write nothing, fail when stale")
    if not parser.parse_args(arguments).check:
        write()
        return 0
    names = stale()
    for name in names:
        sys.stderr.write(f"{name} is stale: run `python -m observability.dashboards`\n")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
