"""What Celery runs for facts: pages that are due are polled, messages that came in are read. Running a task twice is harmless."""

from datetime import UTC, datetime

from celery import shared_task

from slaservice.outages.importers import polling, webhooks


@shared_task
def poll_feeds() -> None:
    """Ring for every page whose turn it is."""
    for feed in polling.due_feeds(now=datetime.now(UTC)):
        poll_feed.delay(feed)


@shared_task
def poll_feed(feed: int) -> None:
    """Poll one page, if it is due and nobody else does."""
    polling.poll(feed=feed, now=datetime.now(UTC))


@shared_task
def read_messages() -> None:
    """Make proposals of the messages that hooks have received."""
    webhooks.read_owed(now=datetime.now(UTC))
