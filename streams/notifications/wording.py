"""How figures are written in a message's data."""

from datetime import datetime
from typing import Any

Facts = dict[str, Any]
"""What a template is given: plain JSON."""


def money(minor: int) -> str:
    """An amount in major units: 3499 becomes 34.99, -5 becomes -0.05."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"


def minute(moment: datetime) -> str:
    """A UTC moment as people read it, as 2026-03-14 11:42 UTC."""
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def words(code: str) -> str:
    """A reason's code as people read it; empty for one that says nothing."""
    told = code.replace("_", " ").lower()
    return "" if told == "other" else told
