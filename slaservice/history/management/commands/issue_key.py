"""`manage.py issue_key USER --scope outages.propose`: a key for a program that has a user of its own and nobody who logs in."""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from slaservice.history.person_keys import issue_person_key
from slaservice.rules.refusal import Refusal
from slaservice.rules.workflow import KEY_SCOPES


class Command(BaseCommand):
    """Prints the key, this once, and nothing else."""

    help = "Issue a key that acts as a user over the API. It does what its scopes and the user's roles allow."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", metavar="USER")
        parser.add_argument("--scope", action="append", required=True, choices=KEY_SCOPES, dest="scopes")
        parser.add_argument("--label", default="issued on the command line")
        parser.add_argument("--days", type=int, default=90, help="how long it is good for (%(default)s)")

    def handle(self, *, user: str, scopes: list[str], label: str, days: int, **options: Any) -> None:
        now = timezone.now()
        try:
            person = User.objects.get_by_natural_key(user)
            end = now + timedelta(days=days)
            _, text = issue_person_key(
                person=person, label=label, scopes=scopes, expires_at=end, by=None, now=now
            )
        except User.DoesNotExist:
            raise CommandError(f"There is no user {user!r}.") from None
        except (Refusal, OverflowError) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(text)
