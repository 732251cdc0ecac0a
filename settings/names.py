"""How settings are called in the environment."""

from difflib import get_close_matches

PREFIX = "FLOWMART_"


def nearest(name: str, known: list[str], prefix: str = "") -> str:
    """A question whether the known name that is most alike was meant; nothing where none is."""
    found = get_close_matches(name, known, n=1)
    return f"; is it {prefix}{found[0]}?" if found else ""
