"""`manage.py poll_feeds`: polls the pages whose turn it is and reads messages, in this process, where there is no Celery."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from slaservice.outages.importers import polling, webhooks


class Command(BaseCommand):
    """For cron or a person; what Celery's beat does elsewhere."""

    help = "Poll every status page whose turn it is, and read what hooks received. For installations without workers."

    def handle(self, **options: Any) -> None:
        for feed in polling.due_feeds(now=timezone.now()):
            row = polling.poll(feed=feed, now=timezone.now())
            if row is not None:
                self.stdout.write(f"{row.source}: {row.failure or 'read'}")
        read = webhooks.read_owed(now=timezone.now())
        self.stdout.write(f"messages read: {read}")
