"""Prometheus' rules as they stand in their files."""

from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
PROMETHEUS = ROOT / "observability" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))


def rules() -> list[dict[str, Any]]:
    return [
        rule
        for path in RULES
        for group in yaml.safe_load(path.read_text())["groups"]
        for rule in group["rules"]
    ]
