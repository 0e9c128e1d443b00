"""`manage.py send_mail`: sends the statements' mails that are owed, here and now; for installations without workers."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand

from reports import sending


class Command(BaseCommand):
    help = "Send the mails that are owed and whose time has come."

    def handle(self, *args: Any, **options: Any) -> None:
        owed = sending.owed(now=datetime.now(UTC))
        outcomes = [sending.send(delivery=delivery, now=datetime.now(UTC)) for delivery in owed]
        self.stdout.write(f"{sum(outcomes)} sent, {len(outcomes) - sum(outcomes)} failed.")
