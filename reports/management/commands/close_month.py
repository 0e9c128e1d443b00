"""`manage.py close_month 2026-04`: close every period that ends in that month, in this process or through the workers."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import closing, tasks
from slaservice.rules.refusal import Refusal


class Command(BaseCommand):
    help = "Close every contract period that ends in a month. Running it again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help="the month in which the periods end, e.g. 2026-04")
        parser.add_argument(
            "--workers", action="store_true", help="hand the chunks to the Celery workers (needs REDIS_URL)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["workers"]:
                self._through_workers(options["month"])
            else:
                self._here(options["month"])
        except Refusal as refusal:
            raise CommandError(refusal.sentence) from None

    def _through_workers(self, month: str) -> None:
        if not tasks.has_broker():
            raise Refusal(
                "no_broker", "REDIS_URL is not set: there are no workers. Leave --workers out to close here."
            )
        self.stdout.write(f"Handed {tasks.close_month(month)} chunks to the workers.")

    def _here(self, month: str) -> None:
        result = closing.close(month=month, now=datetime.now(UTC), progress=self._progress)
        for title in ("drafted", "redrafted", "unchanged", "not_ended"):
            contracts = getattr(result, title)
            if contracts:
                self.stdout.write(f"{title.replace('_', ' ')}: {', '.join(contracts)}")
        for contract, sentence in result.warnings:
            self.stdout.write(self.style.WARNING(f"{contract}: {sentence}"))
        for contract, sentence in result.blocked:
            self.stdout.write(self.style.ERROR(f"{contract} is blocked: {sentence}"))
        closed = len(result.drafted) + len(result.redrafted) + len(result.unchanged)
        blocked = len({contract for contract, _ in result.blocked})
        self.stdout.write(
            f"{month}: {closed} closed, {blocked} blocked, {len(result.not_ended)} not ended yet."
        )

    def _progress(self, done: int, chunks: int) -> None:
        if chunks > 1 and self.stderr.isatty():
            self.stderr.write(f"\rclosing: {done} of {chunks} chunks", ending="" if done < chunks else "\n")
