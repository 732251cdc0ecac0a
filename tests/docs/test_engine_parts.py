"""The engine's parts are named, each with why it exists, where a reader looks for them."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = (
    (ROOT / "docs/adr/0006-the-parts-of-the-engine.md").read_text().partition("### The parts")[2]
)
MODULES = sorted(path.stem for path in (ROOT / "engine").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("module", MODULES)
def test_each_module_of_the_engine_is_a_part_with_a_reason(module: str) -> None:
    assert f"`{module}`" in PARTS
