"""What Celery runs. A message is a doorbell: every task asks the database what is owed, and running it twice is harmless.

Without a broker commands do the same in their own process, so that a laptop needs no server.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings

from reports import closing, digest_mail, exposure, following, making, operations, queries, sending, signing
from reports.models import Statement
from reports.webhooks import events as webhook_events
from reports.webhooks import queries as webhook_queries
from reports.webhooks import sending as webhook_sending
from slaservice.rules.periods import add_months
from slaservice.rules.refusal import Refusal

MONTHS_BACK = 3
"""How many months back the beat looks for periods that were never closed (it may have been down)."""

AT_ONCE = 1000
"""For how many statements one beat rings."""

STOPPED_BY = (SoftTimeLimitExceeded,)
"""How a task is told that its time is over, wherever it is just then."""


def months_in_reach(now: datetime) -> list[str]:
    """The months that a close may still owe something for, oldest first; the running one ends earlier in the east."""
    this = date(now.year, now.month, 1)
    return [f"{add_months(this, -back):%Y-%m}" for back in range(MONTHS_BACK, -1, -1)]


@shared_task
def close_due() -> None:
    """Ring for every contract whose period has ended, has no statement yet and is not known to be blocked."""
    _ring_for_due(blocked=False)


@shared_task
def close_blocked() -> None:
    """Ring for those too that something blocked: time alone may have lifted it, as when a source was heard again."""
    _ring_for_due(blocked=True)


def _ring_for_due(*, blocked: bool) -> None:
    now = datetime.now(UTC)
    for month in months_in_reach(now):
        for chunk in closing.due_chunks(month, closing.due(now=now, month=month, blocked=blocked)):
            close_owed.delay(month, list(chunk), blocked)


@shared_task(expires=60)
def close_owed(month: str, contracts: Sequence[int], blocked: bool = False) -> None:
    """Close those of a chunk that are still due. The beat rings again, so that a message that has waited says nothing new."""
    now = datetime.now(UTC)
    if still := closing.due(now=now, month=month, contracts=contracts, blocked=blocked):
        closing.close_each(month=month, contracts=still, now=now, stopped_by=STOPPED_BY)


@shared_task
def close_chunk(month: str, contracts: Sequence[int]) -> None:
    """Close one chunk of contracts, whether or not they are due: a person asked for it."""
    closing.close_each(month=month, contracts=contracts, now=datetime.now(UTC), stopped_by=STOPPED_BY)


@shared_task
def issue_due() -> None:
    """Ring for the statements that may issue by themselves, the oldest first."""
    due = queries.issuable_by_themselves(datetime.now(UTC)).order_by("period_end", "contract__number")
    found = list(due.values_list("pk", flat=True)[:AT_ONCE])
    for start in range(0, len(found), closing.CHUNK):
        issue_by_themselves.delay(found[start : start + closing.CHUNK])


@shared_task
def issue_by_themselves(statements: Sequence[int]) -> None:
    """Issue those of these statements that may issue by themselves."""
    operations.issue_by_themselves(statements=statements, now=datetime.now(UTC), stopped_by=STOPPED_BY)


@shared_task
def follow() -> None:
    """Read what history took in, and ring for the months that it touches."""
    following.follow()
    for month, contracts in following.outdated_chunks():
        close_again.delay(month, list(contracts))


@shared_task
def close_again(month: str, contracts: Sequence[int]) -> None:
    """Close one chunk of contracts whose facts have changed since."""
    following.close_again(month=month, contracts=contracts, now=datetime.now(UTC), stopped_by=STOPPED_BY)


@shared_task(expires=60)
def make_document(statement: int) -> None:
    """Make one statement's PDF, and ring for its signature where there is a key; without workers it is signed here."""
    try:
        making.make(statement=Statement.objects.get(pk=statement), now=datetime.now(UTC))
    except Refusal:
        return  # it is parked, and the log says why; the sweep rings again when its turn comes
    if signing.wanted():
        ring = sign_document.delay if has_broker() else sign_document
        ring(statement)


@shared_task(expires=60)
def sign_document(statement: int) -> None:
    """Sign one statement's PDF. What fails waits for its next turn; the sweep rings again."""
    signing.sign(statement=Statement.objects.get(pk=statement), now=datetime.now(UTC))


@shared_task
def sweep() -> None:
    """Ring for everything that is owed and not made yet."""
    now = datetime.now(UTC)
    for statement in making.owed(now=now):
        make_document.delay(statement)
    for statement in signing.owed(now=now):
        sign_document.delay(statement)


def close_month(month: str) -> int:
    """Close a month through the workers where there is a broker; returns the number of chunks handed out."""
    chunks = list(closing.due_chunks(month, closing.contracts_with_periods(month)))
    for chunk in chunks:
        close_chunk.delay(month, list(chunk))
    return len(chunks)


def has_broker() -> bool:
    """Whether there are workers to ring for."""
    return bool(settings.REDIS_URL)


@shared_task
def ring_for_mail() -> None:
    """Ring for every statement's mail that is owed and whose time has come."""
    for delivery in sending.owed(now=datetime.now(UTC)):
        send_mail.delay(delivery)


@shared_task
def send_mail(delivery: int) -> None:
    """Send one statement's mail."""
    sending.send(delivery=delivery, now=datetime.now(UTC))


@shared_task
def lapse_credits() -> None:
    """Let go of credits that nobody claimed in time."""
    while operations.lapse_due(now=datetime.now(UTC)):
        pass


@shared_task
def tell_finance() -> None:
    """Make the day's digests, and ring for each that is owed."""
    now = datetime.now(UTC)
    operations.make_digests(now=now)
    for digest in digest_mail.owed(now=now):
        send_digest.delay(digest)


@shared_task
def send_digest(digest: int) -> None:
    """Send one person's digest of the day."""
    digest_mail.send(digest=digest, now=datetime.now(UTC))


@shared_task
def reckon_exposure() -> None:
    """Ring for what is left of reckoning what the running periods owe; begin where nothing is."""
    for chunk in exposure.owed(now=datetime.now(UTC)):
        reckon_chunk.delay(chunk)


@shared_task(expires=300)
def reckon_chunk(chunk: int) -> None:
    """Reckon what the contracts of one chunk owe, and what open outages cost them by the hour. The beat rings again."""
    exposure.work_out(chunk=chunk)


@shared_task
def ring_for_webhooks() -> None:
    """Make events of what happened, and ring for every endpoint to which something is owed."""
    webhook_events.follow(now=datetime.now(UTC))
    for endpoint in webhook_queries.endpoints_owed(datetime.now(UTC)):
        send_webhooks.delay(endpoint)


@shared_task(expires=10)
def send_webhooks(endpoint: int) -> None:
    """Send what is owed to one endpoint. The beat rings again, so that a message that has waited says nothing new."""
    webhook_sending.send_owed(endpoint=endpoint, clock=lambda: datetime.now(UTC))
