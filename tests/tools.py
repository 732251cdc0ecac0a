"""Programs that tests need and that no package index has."""

import os
import shutil

import pytest


def tool(name: str, how: str, folder: str | None = None) -> str:
    """Where a program is, on the path or in the folder; a machine may lack it, CI may not.

    `how` says how to get it.
    """
    found = shutil.which(name) or (folder and shutil.which(name, path=folder))
    if found:
        return found
    missing = f"{name} is missing: {how}"
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
