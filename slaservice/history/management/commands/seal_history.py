"""`manage.py seal_history`: seals what history took in and writes an anchor, in this process, where there is no Celery."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from slaservice.history import sealing
from slaservice.history.anchors import anchor


class Command(BaseCommand):
    """For cron or a person; what Celery's beat does elsewhere."""

    help = "Seal every entry of history and write an anchor outside the database. For installations without workers."

    def handle(self, **options: Any) -> None:
        now = timezone.now()
        self.stdout.write(f"sealed: {sealing.seal(now=now, whole=True)}")
        if path := anchor(now=now):
            self.stdout.write(f"anchored in {path}")
