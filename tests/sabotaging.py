"""Takes a protection away for the run of some tests: SABOTAGE names which, `pytest -p tests.sabotaging` does it.

A lock or a condition is taken out of the source as it is imported; a constraint or a trigger out of the test database, once its
migrations ran. Nothing is written, and without SABOTAGE nothing happens. The table of what is taken away: tests/sabotages.py.
"""

import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

import pytest
from pytest_django import DjangoDbBlocker

from tests.sabotages import SABOTAGES, Sabotage


def chosen() -> Sabotage | None:
    name = os.environ.get("SABOTAGE")
    return SABOTAGES[name] if name else None


class _Tampered(SourceFileLoader):
    """Compiles a module without what was taken away."""

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        sabotage = chosen()
        assert sabotage is not None
        for old, new in sabotage.replaced:
            if source.count(old) != 1:
                raise LookupError(f"{fullname} has {source.count(old)} times:\n{old}")
            source = source.replace(old, new)
        return compile(source, self.path, "exec")


class _Finder(MetaPathFinder):
    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path) if fullname == self.module else None
        if spec is not None and spec.origin:
            spec.loader = _Tampered(fullname, spec.origin)
        return spec


def tamper_with_sources() -> None:
    sabotage = chosen()
    if sabotage and sabotage.module:
        sys.meta_path.insert(0, _Finder(sabotage.module))


tamper_with_sources()  # as the plugin is loaded, before Django loads any of it


@pytest.fixture(scope="session", autouse=True)
def sabotaged(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    from django.db import connection

    sabotage = chosen()
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for sql in sabotage.sql if sabotage else ():
            cursor.execute(sql)
