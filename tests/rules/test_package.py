"""What must hold of the package as a whole: no binary floats, no clock, nothing of Django."""

import ast
from pathlib import Path

import pytest

import slaservice.rules

MODULES = sorted(Path(slaservice.rules.__file__).parent.glob("*.py"))


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_there_is_no_float_in_the_rules(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"line {node.lineno}"
        assert not (isinstance(node, ast.Name) and node.id == "float"), f"line {node.lineno}"
        assert not (isinstance(node, ast.Attribute) and node.attr == "total_seconds"), f"line {node.lineno}"


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_there_is_no_clock_in_the_rules(module: Path) -> None:
    for node in ast.walk(ast.parse(module.read_text())):
        assert not (isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow")), (
            f"line {node.lineno}"
        )


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.stem)
def test_every_module_says_why_it_exists(module: Path) -> None:
    assert ast.get_docstring(ast.parse(module.read_text()))
