"""A zone's rules are those of the pinned package everywhere: no machine's own decide when a contract's month ends."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    path.relative_to(ROOT)
    for app in ("slaservice", "accounts", "reports")
    for path in (ROOT / app).rglob("*.py")
    if path.relative_to(ROOT) != Path("slaservice/rules/periods.py")
)


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_no_zone_is_asked_of_the_machine(module: Path) -> None:
    for node in ast.walk(ast.parse((ROOT / module).read_text())):
        assert not (isinstance(node, ast.Call) and getattr(node.func, "id", "") == "ZoneInfo"), (
            f"line {node.lineno}"
        )
