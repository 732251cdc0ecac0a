"""Runbooks: what they tell a person to type, set or read exists."""

import dataclasses
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import agents
from agents.notifier_letters import NotSent
from engine.effects import EffectGivenUp, EffectHangs, EffectTimedOut
from engine.errors import BadRecord
from events.errors import ContractError
from settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "runbooks").glob("*.md"))
COMMANDS = {
    "dead-letters": {"list", "show", "replay"},
    "tables": {"list", "get", "rows", "export"},
    "topics": {"create", "check"},
    "order": {"ORDER_ID"},
    "stuck": {"list", "resolve"},
    "alerts": {"list", "resolve"},
}


def settings() -> set[str]:
    """Names of all settings as a person writes them."""
    found = set()
    for name, field in Settings.model_fields.items():
        inner = field.annotation
        if dataclasses.is_dataclass(inner):
            found |= {f"{name}__{part.name}" for part in dataclasses.fields(inner)}
        else:
            found.add(name)
    return {f"FLOWMART_{name}".upper() for name in found}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_runbook_names_only_what_exists(page: Path) -> None:
    text = page.read_text()

    assert set(re.findall(r"FLOWMART_\w+", text)) <= settings()
    for link in re.findall(r"\]\(([^)]+)\)", text):
        assert (page.parent / link).exists(), link
    for path in re.findall(r"`((?:docs|observability)/[^`]+)`", text):
        assert (ROOT / path).exists(), path
    for command, action in re.findall(r"faust -A app ([\w-]+) (\w+)", text):
        assert action in COMMANDS[command], f"{command} {action}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_runbook_names_a_table_where_one_is_wanted(page: Path) -> None:
    found = re.findall(r"faust -A app tables (\w+)([^`\n]*)", page.read_text())

    for action, arguments in found:
        wanted = {"list": 0, "rows": 1, "export": 1, "get": 2}[action]
        assert len(arguments.split(" | ")[0].split()) >= wanted, f"{action}{arguments}"
        assert wanted or not arguments.strip(), f"{action}{arguments}: list takes no table"


def test_the_commands_are_those_that_there_are() -> None:
    for command in COMMANDS:
        assert (ROOT / "commands" / f"{command.replace('-', '_')}.py").exists()


def kinds(error: type[Exception]) -> Iterator[type[Exception]]:
    yield error
    for each in error.__subclasses__():
        yield from kinds(each)


def test_the_runbook_of_dead_letters_names_each_error_that_may_stand_there() -> None:
    page = (ROOT / "docs" / "runbooks" / "dead_letters.md").read_text()
    for module in pkgutil.iter_modules(agents.__path__):
        importlib.import_module(f"agents.{module.name}")

    found = {EffectGivenUp, EffectHangs, EffectTimedOut, NotSent}
    found |= {*kinds(BadRecord), *kinds(ContractError)}

    ours = {error.__name__ for error in found if not error.__module__.startswith("tests")}
    assert {name for name in ours if f"`{name}`" not in page} == set()
