"""What tests share stands beside them: a test module is nobody's library."""

import re
from pathlib import Path

TESTS = Path(__file__).parent
IMPORTED = re.compile(r"^from tests\.(?:\w+\.)*test_\w+ import", re.MULTILINE)


def test_no_test_module_is_imported_by_another() -> None:
    found = [str(path) for path in TESTS.rglob("*.py") if IMPORTED.search(path.read_text())]

    assert found == []
