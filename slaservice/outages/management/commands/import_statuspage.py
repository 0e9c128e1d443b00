"""`manage.py import_statuspage FILE or URL`: a Statuspage v2 feed as incidents and proposals, for operators to decide on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn

from slaservice.outages.importers.fetching import fetch
from slaservice.outages.importers.statuspage import Feed, ImportResult, import_feed, parse
from slaservice.outages.importers.statuspage.writing import Progress as Watcher
from slaservice.outages.management.importing import refused_in_words

DOCUMENTS = ("incidents", "scheduled-maintenances")


class Command(BaseCommand):
    """Reads the clock and the file or the page; the importer does the rest."""

    help = "Import incidents and scheduled maintenance of a Statuspage v2 feed (JSON). Running it twice changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "feed",
            metavar="FILE or URL",
            help="incidents.json or scheduled-maintenances.json; or the address of one, or of the page that has them",
        )
        parser.add_argument(
            "--source", default="statuspage", metavar="NAME", help="what to call this page (%(default)s)"
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="say what would change, and change nothing"
        )

    def handle(self, *, feed: str, source: str, dry_run: bool, **options: Any) -> None:
        with refused_in_words(feed):
            read = list(_read(feed))
            with self._watched() as watcher, transaction.atomic():
                result = ImportResult()
                while read:  # one at a time, so that no more than one is in memory with what is made of it
                    one = read.pop(0)
                    result.add(
                        import_feed(feed=one, source=source, by=None, now=timezone.now(), progress=watcher)
                    )
                transaction.set_rollback(dry_run)
        self._tell(result, dry_run=dry_run)

    @contextmanager
    def _watched(self) -> Iterator[Watcher]:
        """A bar on a terminal; elsewhere a line for every thousand."""
        console = Console(stderr=True)
        if not console.is_terminal:
            yield self._say
            return
        columns = (*Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console) as bar:
            task = bar.add_task("Incidents", total=None)
            yield lambda done, total: bar.update(task, completed=done, total=total)

    def _say(self, done: int, total: int) -> None:
        if done % 1000 == 0 and done < total:
            self.stderr.write(f"{done:,} of {total:,} incidents")

    def _tell(self, result: ImportResult, *, dry_run: bool) -> None:
        if dry_run:
            self.stdout.write("Dry run: nothing was changed. It would have been:")
            for change in result.changes:
                self.stdout.write(change)
        for each in fields(result):
            if isinstance(count := getattr(result, each.name), int):
                self.stdout.write(f"{each.name.replace('_', ' '):22} {count:6}")
        for question in result.questions:
            self.stdout.write(f"? {question}")


def _read(feed: str) -> Iterator[Feed | bytes]:
    """The file, or what stands at the address: one document, or both lists of a page."""
    if not feed.startswith(("https://", "http://")):
        try:
            yield Path(feed).read_bytes()
        except OSError as problem:
            raise CommandError(f"{feed}: {problem.strerror}") from None
    elif feed.endswith(".json"):
        yield parse(fetch(feed).json())
    else:
        for name in DOCUMENTS:
            yield parse(fetch(f"{feed.rstrip('/')}/api/v2/{name}.json").json())
