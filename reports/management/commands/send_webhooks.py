"""`manage.py send_webhooks`: tells customers what happened, here and now; for installations without workers."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from reports.webhooks import events, queries, sending
from slaservice.history import sealing


class Command(BaseCommand):
    help = "Make events of what happened, and send those that are owed and whose time has come."

    def handle(self, *args: Any, **options: Any) -> None:
        now = datetime.now(UTC)
        sealing.seal(now=now)
        made = events.follow(now=now)
        outcomes = [
            sending.send_owed(endpoint=endpoint, clock=lambda: datetime.now(UTC))
            for endpoint in queries.endpoints_owed(now)
        ]
        sent, failed = (sum(one[index] for one in outcomes) for index in (0, 1))
        self.stdout.write(f"{made} events made, {sent} deliveries sent, {failed} failed.")
