"""`manage.py import_facts KIND FILE`: outages, maintenance or request counts from CSV or XLSX, for operators to decide on."""

from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from slaservice.outages.importers.files import KINDS, MAX_BYTES, FileResult, import_file
from slaservice.rules.refusal import Invalid, Refusal


class Command(BaseCommand):
    """Reads the clock and the file; the importer does the rest."""

    help = "Import outages, maintenance or request counts from a CSV or XLSX file. Running it twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("kind", choices=KINDS, metavar="KIND", help=", ".join(KINDS))
        parser.add_argument(
            "file", type=Path, metavar="FILE", nargs="?", help="without: the columns that it has"
        )
        parser.add_argument(
            "--source", default="file", metavar="NAME", help="whose rows these are (%(default)s)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )
        parser.add_argument("--confirm", action="store_true", help="what is proposed counts at once")
        parser.add_argument("--by", metavar="USER", help="the person who does it; without: the system")
        parser.add_argument(
            "--reason", default="", help="why request counts that were recorded are corrected"
        )

    def handle(self, *, kind: str, file: Path | None, dry_run: bool, by: str | None, **options: Any) -> None:
        if file is None:
            for name, column in KINDS[kind].columns.items():
                needed = "required" if column.required else ""
                self.stdout.write(f"{name:16} {needed:9} {column.about}")
            return
        try:
            result = import_file(
                kind=kind,
                content=_content(file),
                by=_person(by),
                now=timezone.now(),
                dry_run=dry_run,
                **{name: options[name] for name in ("source", "confirm", "reason")},
            )
        except Invalid as invalid:
            lines = "\n".join(f"  {error}" for error in invalid.errors)
            raise CommandError(f"{file} cannot be used; nothing was imported:\n{lines}") from None
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None
        self._tell(result, dry_run=dry_run)

    def _tell(self, result: FileResult, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Dry run: nothing was changed. It would have been:")
        for change in result.changes:
            self.stdout.write(change)
        for name, count in result.counts.items():
            self.stdout.write(f"{name:22} {count:6}")


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1)
    except OSError as problem:
        raise CommandError(f"{file}: {problem.strerror}") from None


def _person(name: str | None) -> User | None:
    if name is None:
        return None
    try:
        return User.objects.get_by_natural_key(name)
    except User.DoesNotExist:
        raise CommandError(f"There is no user {name!r}.") from None
