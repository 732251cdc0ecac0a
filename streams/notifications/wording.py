"""How figures are written in a message's data."""

from typing import Any

Facts = dict[str, Any]
"""What a template is given: plain JSON."""


def money(minor: int) -> str:
    """An amount in major units: 3499 becomes 34.99, -5 becomes -0.05."""
    sign, minor = ("-", -minor) if minor < 0 else ("", minor)
    return f"{sign}{minor // 100}.{minor % 100:02d}"
