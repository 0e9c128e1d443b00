"""What must hold of all conclusions: no binary floats, so that what is computed and what is drawn is the same everywhere."""

import ast
from pathlib import Path

import pytest

import reports

ROOT = Path(reports.__file__).parent
WAITS = {Path("apart.py"), Path("webhooks/posting.py")}
"""Where nothing is computed, but said how long a socket or a process waits."""

MODULES = sorted(
    {path.relative_to(ROOT) for path in ROOT.rglob("*.py") if "migrations" not in path.parts} - WAITS
)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_there_is_no_float_in_the_conclusions(module: Path) -> None:
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"line {node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id == "float"), f"line {node.lineno}"
        assert not (isinstance(node, ast.Attribute) and node.attr == "total_seconds"), f"line {node.lineno}"
