"""By which way an issued statement reached whom: fetched by a key, downloaded, mailed, handed over.

A delivery is a row and stays one: what went out went out. A fetch and a download are kept once, the first time that this key or
this person had the statement. Mail is owed by its row; reports/sending.py sends what is owed.
"""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import DatabaseError, transaction

from accounts.models import ApiKey
from accounts.operations.permission import require_for
from reports.models import Delivery, Statement
from reports.models.deliveries import MOST_ATTEMPTS
from slaservice.history import operations as history
from slaservice.rules.refusal import FieldError, Invalid, Refusal

MOST_RECIPIENTS = 20
"""Of one statement at once: it is for the people of one customer."""

log = logging.getLogger(__name__)


def record_download(*, statement: Statement, by: User, now: datetime) -> None:
    """One of our people has an issued statement's document. What else they do with it is `hand_over`."""
    history.require(by, "statements.view")
    _require_issued(statement)
    _keep_first(
        Delivery(statement=statement, channel="download", recipient=str(by), by=by, asked_at=now, sent_at=now)
    )


def record_fetch(*, statement: Statement, key: ApiKey, now: datetime) -> None:
    """A customer's key has fetched an issued statement.

    To read must stay possible where writing is not (a full disk, a database that another writer holds): then it is logged
    that the row is missing, the customer gets the answer, and the next fetch is kept instead.
    """
    try:
        _keep_first(
            Delivery(
                statement=statement, channel="api", recipient=f"{key}", key=key, asked_at=now, sent_at=now
            )
        )
    except DatabaseError:
        log.exception("that %s was fetched with %s could not be kept", statement, key)


def _keep_first(delivery: Delivery) -> None:
    """Adds it unless it is there. Asking first keeps all but the first from waiting for other writers."""
    known = Delivery.objects.filter(
        statement=delivery.statement, channel=delivery.channel, by=delivery.by, key=delivery.key
    )
    if not known.exists():
        with transaction.atomic():
            Delivery.objects.bulk_create([delivery], ignore_conflicts=True)


@transaction.atomic
def hand_over(
    *, statement: Statement, recipient: str, note: str, by: User, now: datetime, on_behalf_of: str = ""
) -> Delivery:
    """Somebody of the customer has the statement from our hands: in a meeting, by letter, on their portal."""
    require_for(by, "deliveries.record", statement.contract.customer)
    _require_issued(statement)
    if not recipient.strip():
        raise Invalid([FieldError("recipient", "Say who has it.")])
    delivery = Delivery.objects.create(
        statement=statement,
        channel="hand",
        recipient=recipient.strip(),
        note=note.strip(),
        by=by,
        asked_at=now,
        sent_at=now,
    )
    _record([delivery], by=by, now=now, reason=delivery.note, on_behalf_of=on_behalf_of)
    return delivery


@transaction.atomic
def mail(
    *, statement: Statement, recipients: Sequence[str], by: User, now: datetime, on_behalf_of: str = ""
) -> list[Delivery]:
    """Mails to these addresses are owed from now on. Invalid for an address that is none; all or nothing.

    Not for a statement that another has taken the place of, and not twice while the first mail is still owed: who asks at the
    same time waits for the statement's row, and finds what was asked.
    """
    require_for(by, "deliveries.record", statement.contract.customer)
    _require_issued(statement)
    statement = (
        Statement.objects.select_for_update(of=("self",)).select_related("superseded_by").get(pk=statement.pk)
    )
    if statement.status(now) == "superseded":
        raise Refusal("superseded", f"{statement} is superseded: mail the revision that took its place.")
    addresses = _addresses(recipients)
    owed = Delivery.objects.filter(
        statement=statement, channel="email", sent_at__isnull=True, attempts__lt=MOST_ATTEMPTS
    )
    on_their_way = {address.lower() for address in owed.values_list("recipient", flat=True)}
    for address in addresses:
        if address.lower() in on_their_way:
            raise Refusal("owed_already", f"A mail to {address} is on its way already.")
    deliveries = [
        Delivery(statement=statement, channel="email", recipient=address, by=by, asked_at=now)
        for address in addresses
    ]
    Delivery.objects.bulk_create(deliveries)
    _record(deliveries, by=by, now=now, on_behalf_of=on_behalf_of)
    return deliveries


def _addresses(recipients: Sequence[str]) -> list[str]:
    """Each once, in capitals or not. A line break or a name beside an address makes it none: no header grows out of it."""
    typed = [one.strip(" ") for one in recipients if one.strip(" ")]
    addresses = list({one.lower(): one for one in typed}.values())
    if not addresses:
        raise Invalid([FieldError("recipients", "Name at least one address.")])
    if len(addresses) > MOST_RECIPIENTS:
        raise Invalid([FieldError("recipients", f"At most {MOST_RECIPIENTS} at once.")])
    wrong = [one for one in addresses if not _is_address(one)]
    if wrong:
        raise Invalid([FieldError("recipients", f"{one!r} is no address for mail.") for one in wrong])
    return addresses


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return text.isprintable() and len(text) <= 254


def _require_issued(statement: Statement) -> None:
    if statement.state != Statement.ISSUED:
        raise Refusal("not_issued", "Only an issued statement is delivered; a draft may still change.")


def _record(
    deliveries: Sequence[Delivery], *, by: User, now: datetime, reason: str = "", on_behalf_of: str = ""
) -> None:
    """On the statement, whose page tells where it went."""
    history.record_many(
        by=by,
        action="deliveries.record",
        deeds=[
            history.Deed(
                delivery.statement,
                reason,
                {
                    "channel": delivery.channel,
                    "recipient": delivery.recipient,
                    "delivery": delivery.public_id,
                },
                on_behalf_of,
            )
            for delivery in deliveries
        ],
        at=now,
    )
