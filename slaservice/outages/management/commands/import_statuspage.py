"""`manage.py import_statuspage FILE`: a Statuspage v2 feed as incidents and proposals, for operators to decide on."""

from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from slaservice.outages.importers.statuspage import ImportResult, import_feed
from slaservice.rules.refusal import Invalid, Refusal


class Command(BaseCommand):
    """Reads the clock and the file; the importer does the rest."""

    help = "Import incidents and scheduled maintenance of a Statuspage v2 feed (JSON). Running it twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file", type=Path, metavar="FILE", help="incidents.json or scheduled-maintenances.json"
        )
        parser.add_argument(
            "--source", default="statuspage", metavar="NAME", help="what to call this page (%(default)s)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *, file: Path, source: str, dry_run: bool, **options: Any) -> None:
        try:
            content = file.read_bytes()
        except OSError as problem:
            raise CommandError(f"{file}: {problem.strerror}") from None
        try:
            with transaction.atomic():
                result = import_feed(feed=content, source=source, by=None, now=timezone.now())
                transaction.set_rollback(dry_run)
        except Invalid as invalid:
            lines = "\n".join(f"  {error}" for error in invalid.errors)
            raise CommandError(f"{file} cannot be used; nothing was imported:\n{lines}") from None
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
        self._tell(result, dry_run=dry_run)

    def _tell(self, result: ImportResult, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Dry run: nothing was changed. It would have been:")
        for each in fields(result):
            if isinstance(count := getattr(result, each.name), int):
                self.stdout.write(f"{each.name.replace('_', ' '):22} {count:6}")
        for question in result.questions:
            self.stdout.write(f"? {question}")
