"""`manage.py follow`: what the beat does with workers, here and at once: months whose facts have changed are closed again."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from reports import following
from slaservice.history import sealing


class Command(BaseCommand):
    help = "Close again, in this process, whatever facts, terms or issued statements have changed since."

    def handle(self, *args: Any, **options: Any) -> None:
        now = datetime.now(UTC)
        sealing.seal(now=now)
        closed = following.catch_up(now=now)
        self.stdout.write(f"{closed} months of contracts closed again.")
