"""`manage.py import_facts KIND FILE`: outages, maintenance or request counts from CSV or XLSX, for operators to decide on."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from slaservice.outages.importers.files import KINDS, FileResult, import_file
from slaservice.outages.management.importing import ImportCommand


class Command(ImportCommand):
    help = "Import outages, maintenance or request counts from a CSV or XLSX file. Running it twice changes nothing."
    kinds = KINDS

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
        super().add_arguments(parser)
        parser.add_argument(
            "--source", default="file", metavar="NAME", help="whose rows these are (%(default)s)"
        )
        parser.add_argument("--confirm", action="store_true", help="what is proposed counts at once")
        parser.add_argument(
            "--reason", default="", help="why request counts that were recorded are corrected"
        )

    def run(self, file: Path, options: Mapping[str, Any], **said: Any) -> FileResult:
        return import_file(**said, **{name: options[name] for name in ("source", "confirm", "reason")})

    def changes(self, result: FileResult) -> Iterable[str]:
        return result.changes
