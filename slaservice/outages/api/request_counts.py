"""Request counts over REST: many intervals at once, all or none; the same again changes nothing."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice.api.described import describes
from slaservice.api.idempotency import once
from slaservice.api.people import PersonView
from slaservice.outages import operations
from slaservice.outages.api.shapes import AT_ONCE, CountsRecorded, RequestCountsEntry
from slaservice.outages.importers.entries import OUTAGE, REQUEST_COUNT, Directory, Field, read
from slaservice.outages.operations.faults import Faults


def _rows(value: Any, directory: Directory) -> list[Any]:
    if not isinstance(value, list) or not 1 <= len(value) <= AT_ONCE:
        raise ValueError(f"must be a list of 1 to {AT_ONCE} intervals")
    return value


_BODY: Mapping[str, Field] = {
    "source": Field(OUTAGE["cause"].read, "Who counted.", required=True),
    "reason": Field(OUTAGE["cause"].read, "Why what was recorded is corrected."),
    "rows": Field(_rows, "The intervals.", required=True),
}


REFUSED = {
    "not_permitted": "The person of the key does not have the role.",
    "decided_before_it_was_known": "What is recorded is from later than this request.",
}


class RequestCounts(PersonView):
    """POST /api/v1/recording/request-counts"""

    actions: ClassVar[Mapping[str, str]] = {"POST": "measurement.record"}

    @describes(
        "Record request counts",
        gives=CountsRecorded,
        takes=RequestCountsEntry,
        once=True,
        refuses=REFUSED,
    )
    @once
    def post(self, request: Request) -> Response:
        """Up to 1,000 intervals, all or none. The same again changes nothing; other values need a `reason`."""
        faults, directory = Faults(), Directory()
        body = read(request.data, _BODY, directory, faults)
        faults.raise_if_any()
        faults.slug("source", body["source"], code="source_is_not_a_slug")
        rows = [
            read(row, REQUEST_COUNT, directory, faults, path=f"rows[{number}]")
            for number, row in enumerate(body["rows"])
        ]
        faults.raise_if_any()
        recorded = operations.record_request_counts(
            rows=[operations.RequestCountRow(**row) for row in rows],
            source=body["source"],
            reason=body.get("reason", ""),
            by=self.person,
            now=timezone.now(),
        )
        counts: CountsRecorded = {
            "added": recorded.added,
            "unchanged": recorded.unchanged,
            "corrected": recorded.corrected,
        }
        return Response(counts)
