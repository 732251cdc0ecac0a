"""The image holds everything that a process imports, and runs it as nobody in particular."""

import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

from settings import Settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FINAL = DOCKERFILE.rpartition("\nFROM ")[2]
COPIED = [
    source
    for arguments in re.findall(r"^COPY (?!--from)(.+)$", FINAL, re.MULTILINE)
    for source in arguments.split()[:-1]
]

WALK = """
import json, pathlib, sys
import app, gateway.__main__, traces.__main__
root = pathlib.Path("ROOT")
files = {getattr(m, "__file__", None) or "/" for m in list(sys.modules.values())}
paths = [pathlib.Path(f) for f in files]
ours = {p.relative_to(root).parts[0] for p in paths if p.is_relative_to(root)}
print(json.dumps(sorted(ours - {".venv"})))
"""


@pytest.fixture(scope="module")
def imported() -> list[str]:
    """Top-level modules and packages of ours that a process imports, directly or not."""
    code = WALK.replace("ROOT", str(ROOT))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout))


def test_everything_that_a_process_imports_is_copied(imported: list[str]) -> None:
    assert {"app.py", "agents", "engine", "web"} <= set(imported)
    assert set(imported) - set(COPIED) == set()


def test_everything_that_is_copied_exists() -> None:
    for source in COPIED:
        assert (ROOT / source).exists(), source


def test_nothing_is_copied_that_no_process_uses(imported: list[str]) -> None:
    assert set(COPIED) - set(imported) == {"pyproject.toml", "docs/runbooks"}


def test_a_wheel_holds_everything_that_a_process_imports(imported: list[str]) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    modules, patterns = project["py-modules"], project["packages"]["find"]["include"]

    for name in imported:
        if name.endswith(".py"):
            assert name.removesuffix(".py") in modules
        else:
            assert any(fnmatch(name, pattern) for pattern in patterns), name


def test_developers_tools_stay_out_but_for_two() -> None:
    [lines] = re.findall(r"^RUN (\S+/python -c .+?)\n\n", DOCKERFILE, re.MULTILINE | re.DOTALL)
    command = lines.replace("\\\n", "")  # As the builder joins them.
    command = command.replace("/opt/flowmart/bin/python", sys.executable)
    assert command.count("/opt/flowmart/bin/pip uninstall --yes") == 1
    command = command.replace("/opt/flowmart/bin/pip uninstall --yes", "echo")

    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True
    )

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tools = {name_of(each) for each in project["optional-dependencies"]["dev"]}
    left_out = set(done.stdout.split())
    assert tools - left_out == {"setuptools", "py-spy"}
    assert left_out & {name_of(each) for each in project["dependencies"]} == set()


def name_of(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement)[0]


def test_it_runs_as_a_user_of_its_own_on_the_port_that_it_exposes() -> None:
    user = re.search(r"^USER (\w+)$", FINAL, re.MULTILINE)
    port = re.search(r"^EXPOSE (\d+)$", FINAL, re.MULTILINE)

    assert user is not None
    assert user[1] not in {"root", "0"}
    assert port is not None
    assert int(port[1]) == Settings.model_fields["web_port"].default


def test_nothing_is_compiled_anew_at_each_start() -> None:
    """Its user may not write beside the sources, so what the build leaves is all there is."""
    compiled = FINAL.index("python -m compileall -q .")

    assert FINAL.rindex("COPY ") < compiled < FINAL.index("USER ")


def test_it_is_healthy_when_the_worker_says_so() -> None:
    assert "/health" in FINAL
    assert "FLOWMART_WEB_PORT" in FINAL


def test_what_is_not_needed_stays_out_of_the_build() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()

    assert {".git", ".venv"} <= {line.strip("/") for line in ignored}


def test_the_runbooks_that_the_control_room_shows_are_in_the_image_and_in_a_wheel() -> None:
    ignored = (ROOT / ".dockerignore").read_text().split()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]

    assert ignored.index("!docs/runbooks") > ignored.index("docs/*")
    assert "docs/runbooks" in COPIED
    assert "docs.runbooks" in project["packages"]["find"]["include"]
    assert project["package-data"]["docs.runbooks"] == ["*.md"]


def test_its_data_lies_where_the_volume_is() -> None:
    [data_dir] = re.findall(r"FLOWMART_DATA_DIR=(\S+)", FINAL)

    assert f"VOLUME {data_dir}" in FINAL
