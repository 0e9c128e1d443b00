"""What Celery runs for history: entries are sealed, and the end of the chain is written down outside the database."""

from datetime import UTC, datetime

from celery import shared_task

from slaservice.history import sealing
from slaservice.history.anchors import anchor


@shared_task
def seal() -> None:
    """Seal what was committed since."""
    sealing.seal(now=datetime.now(UTC))


@shared_task
def anchor_whole() -> None:
    """Seal whatever has no seal, however old, and write an anchor."""
    now = datetime.now(UTC)
    sealing.seal(now=now, whole=True)
    anchor(now=now)
