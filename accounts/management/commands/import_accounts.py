"""`manage.py import_accounts FILE --kind KIND`: customers, contracts or billed amounts from CSV or XLSX."""

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from accounts.importing import KINDS, Result, import_at_once, import_file
from slaservice.outages.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import customers, contracts or billed amounts from a CSV or XLSX file. Running it twice changes nothing."
    kinds = KINDS

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--kind", choices=KINDS, required=True, metavar="KIND", help=", ".join(KINDS))

    def run(self, file: Path, options: Mapping[str, Any], *, dry_run: bool, **said: Any) -> Result:
        do = partial(import_file, dry_run=True) if dry_run else import_at_once
        return do(**said, name=file.name, progress=self._progress)

    def changes(self, result: Result) -> Iterable[str]:
        for line, outcome, subject, sentence in result.shown:
            yield f"line {line}: {outcome}: {subject}{'; ' if sentence else ''}{sentence}"

    def _progress(self, done: int, rows: int) -> None:
        if self.stderr.isatty() and (done == rows or not done % 50):
            self.stderr.write(f"\rimporting: {done} of {rows} rows", ending="" if done < rows else "\n")
