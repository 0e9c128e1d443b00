"""manage.py sign_statements: signs what is owed a signature now, as the workers do where there are some."""

from datetime import UTC, datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from reports import signing
from reports.models import SigningAttempt, Statement


class Command(BaseCommand):
    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        if not signing.wanted():
            raise CommandError("There is no key to sign with: set SIGNING_KEY and SIGNING_CERTIFICATES.")
        signed = failed = others = 0
        while owed := signing.owed(now=datetime.now(UTC)):
            left = [pk for pk in owed if not _signed(pk)]
            # One that a worker has just taken has no problem, and one that waits for the authority may have no row.
            bad = SigningAttempt.objects.filter(statement__in=left).exclude(problem="").count()
            signed, failed, others = signed + len(owed) - len(left), failed + bad, others + len(left) - bad
        left_alone = f", {others} left to others or for later" if others else ""
        self.stdout.write(f"{signed} signed, {failed} failed{left_alone}.")
        for row in SigningAttempt.objects.select_related("statement").order_by("not_before")[:20]:
            self.stdout.write(
                f"{row.statement}: {row.problem or 'being signed'} (again at {row.not_before:%Y-%m-%d %H:%M} UTC)"
            )
        if failed:
            raise SystemExit(1)


def _signed(pk: int) -> bool:
    return signing.sign(statement=Statement.objects.get(pk=pk), now=datetime.now(UTC)) is not None
