"""Polls a status page: its incidents, its maintenance, what fell out of those lists, what its components are at.

Each document is read by itself, so that one that lies or hangs keeps none of the others away, and nothing that was recorded
goes because a page no longer shows it. A page's failure stands on the feed's row; the next poll tries again.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q

from slaservice.outages.importers.fetching import Fetched, fetch
from slaservice.outages.importers.statuspage import ImportResult, import_what_can_be
from slaservice.outages.importers.statuspage.statuses import record_summary, silent_resets, storable
from slaservice.outages.importers.statuspage.values import OVER
from slaservice.outages.models import FeedComponent, Incident, PolledFeed
from slaservice.rules.refusal import FieldError, Invalid, Refusal

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)
READ_ANYWAY_AFTER = timedelta(hours=6)
"""After this long a page is read in full, whatever it says about having changed."""
LATE_EDITS_FOR = timedelta(days=60)
"""For this long after its start an incident that is over is looked at again."""
ASKED_FOR_AT_ONCE = 10
MOST_INCIDENTS = 2_000
_MOST_QUESTIONS = 200

LISTS = {"incidents": "incidents", "scheduled-maintenances": "scheduled_maintenances"}
LATE, SUMMARY = "incidents one by one", "summary"


def due_feeds(*, now: datetime) -> list[int]:
    """The feeds whose turn it is."""
    due = PolledFeed.objects.filter(enabled=True, due_at__lte=now)
    return list(due.order_by("due_at", "pk").values_list("pk", flat=True))


def poll(*, feed: int, now: datetime) -> PolledFeed | None:
    """Polls the feed and returns its row; None where it is not due, or somebody else has it."""
    row = _leased(feed, now)
    if row is None:
        return None
    visit = _Visit(row, now)
    try:
        visit.make()
    except Exception:
        visit.failed.append("an error of our own; it is in the log")
        raise
    finally:
        visit.finish()
    return PolledFeed.objects.get(pk=feed)


def _leased(feed: int, now: datetime) -> PolledFeed | None:
    """The row, ours for as long as the lease: whoever dies with it costs that long and nothing more."""
    row = PolledFeed.objects.filter(pk=feed, enabled=True, due_at__lte=now).first()
    until = now + LEASE
    if row is None or not PolledFeed.objects.filter(pk=feed, due_at=row.due_at).update(
        due_at=until, polled_at=now
    ):
        return None
    row.due_at = until
    return row


class _Visit:
    """One poll of one feed: what failed, what was asked, what to send along the next time."""

    def __init__(self, row: PolledFeed, now: datetime) -> None:
        self.row = row
        self.now = now
        self.failed: list[str] = []
        self.questions: dict[str, list[str]] = dict(row.questions)
        self.validators: dict[str, dict[str, Any]] = dict(row.validators)

    def make(self) -> None:
        for name in LISTS:
            with self._noting(name):
                self._read_list(name)
        if not self.failed:
            with self._noting(LATE):
                self._read_what_fell_out()
        with self._noting(SUMMARY):
            self._read_summary()

    def finish(self) -> None:
        """Writes what came of it, and when the next turn is: later and later while the page fails."""
        failures = self.row.failures + 1 if self.failed else 0
        outcome = {"failed_at": self.now} if self.failed else {"succeeded_at": self.now}
        PolledFeed.objects.filter(pk=self.row.pk).update(
            failure=storable("\n".join(self.failed))[:4000],
            failures=failures,
            questions={name: list(map(storable, asked)) for name, asked in self.questions.items() if asked},
            validators=self.validators,
            looked_back_to=self.row.looked_back_to,
            **outcome,
        )
        pace = timedelta(seconds=self.row.seconds)
        pause = max(pace, min(pace * 2 ** min(failures, 10), LONGEST_PAUSE))
        # Not if somebody has made it due in the meantime.
        PolledFeed.objects.filter(pk=self.row.pk, due_at=self.row.due_at).update(due_at=self.now + pause)

    @contextmanager
    def _noting(self, name: str) -> Iterator[None]:
        """What is refused stands on the feed's row by its name, and the poll goes on."""
        try:
            yield
        except Refusal as refusal:
            self.failed.append(f"{name}: {refusal.code}: {refusal.sentence[:500]}")
        except (DataError, IntegrityError):
            log.exception("What %s said in %s cannot be stored.", self.row.source, name)
            self.failed.append(f"{name}: cannot_be_stored: The database refuses what it says; see the log.")

    def _read_list(self, name: str) -> None:
        fetched = self._fetched(name)
        if fetched.unchanged:
            return
        content = fetched.json()
        listed = _listed(content, LISTS[name])
        result = self._imported(content)
        self.questions[name] = result.questions[:_MOST_QUESTIONS]
        undecided = result.incidents_deferred + result.incidents_left_out
        self._remember(name, fetched, listed=listed, decided=not undecided)

    def _read_what_fell_out(self) -> None:
        asked: list[str] = []
        for row in self._next_to_ask_for():
            self.row.looked_back_to = row.pk
            try:
                content = fetch(f"{self.row.url}/incidents/{quote(row.external_id, safe='')}.json").json()
                asked += self._imported({"incidents": [_alone(content, row.external_id)]}).questions
            except Refusal as refusal:
                if refusal.code != "not_there":
                    self.failed.append(f"{row.external_id}: {refusal.code}: {refusal.sentence[:500]}")
                    break
                asked.append(f"{row.external_id} is no longer published. What was recorded of it stays.")
        self.questions[LATE] = asked[:_MOST_QUESTIONS]

    def _next_to_ask_for(self) -> list[Incident]:
        """Incidents that the page no longer lists, while they may still change: the next few after those of the last poll."""
        listed = [key for name in LISTS for key in self.validators.get(name, {}).get("listed", ())]
        goes_on = ~Q(status__in=OVER) & Q(resolved_at__isnull=True)
        rows = (
            Incident.objects.filter(
                goes_on | Q(started_at__gte=self.now - LATE_EDITS_FOR), source=self.row.source
            )
            .exclude(external_id__in=listed)
            .defer("payload")
            .order_by("pk")
        )
        later = list(rows.filter(pk__gt=self.row.looked_back_to)[:ASKED_FOR_AT_ONCE])
        earlier = rows.filter(pk__lte=self.row.looked_back_to)[: ASKED_FOR_AT_ONCE - len(later)]
        return [*later, *earlier]

    def _read_summary(self) -> None:
        fetched = self._fetched(SUMMARY)
        asked = [] if fetched.unchanged else self._record_summary(fetched)
        self.questions[SUMMARY] = (asked + silent_resets(self.row.source))[:_MOST_QUESTIONS]

    def _record_summary(self, fetched: Fetched) -> list[str]:
        with transaction.atomic():
            asked = record_summary(content=fetched.json(), source=self.row.source, now=self.now)
        self._remember(SUMMARY, fetched, listed=[], decided=True)
        return asked

    def _fetched(self, name: str) -> Fetched:
        """The document, or word that it is unchanged since what was made of it still holds."""
        known = self.validators.get(name, {})
        recent = known.get("read_at", "") > (self.now - READ_ANYWAY_AFTER).isoformat()
        conditions = (
            {key: known[key] for key in ("etag", "last_modified")}
            if recent and known.get("meaning") == _meaning(self.row.source)
            else {}
        )
        return fetch(f"{self.row.url}/api/v2/{name}.json", **conditions)

    def _remember(self, name: str, fetched: Fetched, *, listed: list[str], decided: bool) -> None:
        self.validators[name] = {"listed": listed} | (
            {
                "etag": fetched.etag,
                "last_modified": fetched.last_modified,
                "meaning": _meaning(self.row.source),
                "read_at": self.now.isoformat(),
            }
            if decided
            else {}
        )

    def _imported(self, content: Mapping[str, Any]) -> ImportResult:
        """One import of a source at a time: the feed's row is its lock."""
        with transaction.atomic():
            PolledFeed.objects.select_for_update().get(pk=self.row.pk)
            return import_what_can_be(feed=content, source=self.row.source, by=None, now=self.now)


def _listed(content: Any, key: str) -> list[str]:
    """The ids that a list names, as far as they can be read and stored."""
    items = content.get(key) if isinstance(content, Mapping) else None
    if not isinstance(items, list):
        raise Invalid([FieldError(key, "must be a list")], "invalid_feed")
    if len(items) > MOST_INCIDENTS:
        raise Invalid([FieldError(key, f"has more than {MOST_INCIDENTS:,} entries")], "invalid_feed")
    ids = (one.get("id") for one in items if isinstance(one, Mapping))
    return [one[:200] for one in ids if isinstance(one, str) and storable(one) == one]


def _alone(content: Any, external_id: str) -> Mapping[str, Any]:
    """The one incident that was asked for, whichever of two ways the page writes it."""
    incident = content.get("incident", content) if isinstance(content, Mapping) else None
    if not isinstance(incident, Mapping) or incident.get("id") != external_id:
        raise Invalid([FieldError("id", f"is not {external_id}")], "invalid_feed")
    return incident


def _meaning(source: str) -> str:
    """A digest of what the source's components mean here: while it is the same, an unchanged page says nothing new."""
    pairs = FeedComponent.objects.filter(source=source).order_by("external_id")
    return hashlib.sha256(repr(list(pairs.values_list("external_id", "component"))).encode()).hexdigest()
