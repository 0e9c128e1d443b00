"""Outage windows and maintenance over REST: lists, details with every revision, and the verbs propose, confirm, correct and
withdraw, each of which calls one operation.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from slaservice.api import asked
from slaservice.api.asked import Parameter
from slaservice.api.described import Operation
from slaservice.api.idempotency import once
from slaservice.api.people import PersonListView, PersonView
from slaservice.outages import operations, queries
from slaservice.outages.api import shapes, shown
from slaservice.outages.importers import entries
from slaservice.outages.importers.entries import Directory, Field, read
from slaservice.outages.models import Maintenance, OutageWindow
from slaservice.outages.models.constraints import STATES
from slaservice.outages.operations.faults import Faults

_REASON: Mapping[str, Field] = {"reason": Field(entries.OUTAGE["cause"].read, "Why.")}


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of fact: how it is read, shown, and what its verbs are. `argument` is what the operations call a row, `says`
    what is published of its verbs, `usual` what a proposal says that leaves it out.
    """

    model: type[OutageWindow] | type[Maintenance]
    argument: str
    fields: Mapping[str, Field]
    show: Callable[[Any], Any]
    propose: Callable[..., Any]
    confirm: Callable[..., Any]
    correct: Callable[..., Any]
    withdraw: Callable[..., Any]
    says: Mapping[str, Operation]
    usual: Mapping[str, Any] = field(default_factory=dict)

    def shown(self, pk: int) -> Any:
        return self.show(queries.recorded(self.model).get(pk=pk))


_REFUSED = {
    "not_permitted": "The person of the key does not have the role.",
    "decided_before_it_was_known": "It was recorded later than this request.",
    "state_does_not_allow_it": "Somebody has decided on it already.",
}


def _says(
    one: str, *, lists: str, shows: str, shape: Any, history: Any, entry: Any, correction: Any
) -> Mapping[str, Operation]:
    """What is published of the five verbs and the list of one kind."""
    written: dict[str, Any] = {"gives": shape, "once": True}
    return {
        "list": Operation(lists, shape, many=True),
        "show": Operation(shows, history),
        "propose": Operation(
            f"Propose {one}", takes=entry, status=201, **written,
            refuses={
                "not_permitted": _REFUSED["not_permitted"],
                "already_recorded": "The source's id or the reference stands for another already.",
            },
        ),
        "confirm": Operation(
            f"Confirm {one}", takes=shapes.Confirmation, **written,
            refuses={**_REFUSED, "window_names_no_tier": "It names no customer tier."},
        ),
        "correct": Operation(
            f"Correct {one}", takes=correction, **written,
            refuses={**_REFUSED, "nothing_to_correct": "It says exactly this already."},
        ),
        "withdraw": Operation(f"Withdraw {one}", takes=shapes.Withdrawal, **written, refuses=_REFUSED),
    }  # fmt: skip


OUTAGES = Kind(
    OutageWindow, "window", entries.OUTAGE, shown.outage,
    operations.propose_outage, operations.confirm, operations.correct, operations.withdraw,
    _says(
        "an outage", lists="List recorded outages", shows="Show a recorded outage",
        shape=shapes.RecordedOutage, history=shapes.RecordedOutageHistory,
        entry=shapes.OutageEntry, correction=shapes.OutageCorrection,
    ),
    usual={"basis": "operator"},
)  # fmt: skip
MAINTENANCE = Kind(
    Maintenance, "maintenance", entries.MAINTENANCE, shown.maintenance,
    operations.record_maintenance, operations.confirm_maintenance, operations.correct_maintenance,
    operations.withdraw_maintenance,
    _says(
        "maintenance", lists="List recorded maintenance", shows="Show recorded maintenance",
        shape=shapes.RecordedMaintenance, history=shapes.RecordedMaintenanceHistory,
        entry=shapes.MaintenanceEntry, correction=shapes.MaintenanceCorrection,
    ),
)  # fmt: skip


class FactList(PersonListView):
    """GET: revisions, newest first, of any state unless `state` says which; POST: propose one."""

    kind: ClassVar[Kind] = OUTAGES
    orderings: ClassVar[Mapping[str, Sequence[str]]] = {"-start": ("-start", "-id")}
    filters: ClassVar[Mapping[str, Parameter]] = {
        "state": asked.one_of("Revisions that are in this state now.", STATES),
        "component": asked.text("The code of a component."),
        "tier": asked.text("The code of a customer tier."),
        "source": asked.text("Who recorded it: the name of a program or page."),
        "external_id": asked.text("The source's own id of it."),
        "reference": asked.text("The reference that all revisions of one thing share."),
        "from": asked.instant("Only what ended after it, or is still open."),
        "until": asked.instant("Only what began before it."),
        "known_at": asked.instant("As we knew it at that instant: the revisions that were confirmed then."),
    }

    def get(self, request: Request) -> Response:
        """Every revision, the latest start first, of any state unless `state` says which."""
        rows = self.paginate_queryset(_wanted(self.kind, self.asked))
        return self.get_paginated_response([self.kind.show(row) for row in rows or []])

    @once
    def post(self, request: Request) -> Response:
        """It counts once it is confirmed. Known by its source and the source's id, it is recorded once."""
        faults = Faults()
        values = read(request.data, {**entries.IDENTITY, **self.kind.fields}, Directory(), faults)
        _check_identity(values, faults)
        faults.raise_if_any()
        row = self.kind.propose(by=self.person, now=timezone.now(), **{**self.kind.usual, **values})
        return Response(self.kind.shown(row.pk), status=201)


class OutageList(FactList):
    """/api/v1/recording/outages"""

    actions: ClassVar[Mapping[str, str]] = {"GET": "outages.view", "POST": "outages.propose"}
    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": OUTAGES.says["list"],
        "POST": OUTAGES.says["propose"],
    }


class MaintenanceList(FactList):
    """/api/v1/recording/maintenance"""

    kind: ClassVar[Kind] = MAINTENANCE
    actions: ClassVar[Mapping[str, str]] = {"GET": "outages.view", "POST": "maintenance.record"}
    operations: ClassVar[Mapping[str, Operation]] = {
        "GET": MAINTENANCE.says["list"],
        "POST": MAINTENANCE.says["propose"],
    }


def _check_identity(values: Mapping[str, Any], faults: Faults) -> None:
    """A source's own id and its source make sense together only."""
    source, external_id = values.get("source", ""), values.get("external_id", "")
    if bool(source) != bool(external_id):
        faults.add("source_without_its_id", "external_id" if source else "source", "give both or neither")
    if source:
        faults.slug("source", source, code="source_is_not_a_slug")


class FactDetail(PersonView):
    """GET: one revision, and every revision of the same thing."""

    kind: ClassVar[Kind] = OUTAGES
    actions: ClassVar[Mapping[str, str]] = {"GET": "outages.view"}
    operations: ClassVar[Mapping[str, Operation]] = {}

    def get(self, request: Request, pk: int) -> Response:
        """One revision, and every revision of the same thing."""
        row = _row(self.kind, pk)
        revisions = queries.recorded(self.kind.model, source=row.source, external_id=row.external_id)
        every = [self.kind.show(one) for one in revisions.order_by("revision")]
        return Response(self.kind.show(row) | {"revisions": every})


class FactVerb(PersonView):
    """POST: `verb` (confirm, correct or withdraw) is done to one revision."""

    kind: ClassVar[Kind] = OUTAGES
    verb: ClassVar[str] = ""
    operations: ClassVar[Mapping[str, Operation]] = {}

    @once
    def post(self, request: Request, pk: int) -> Response:
        """Done to the revision of this id; a correction is a new revision, which counts at once."""
        row = _row(self.kind, pk)
        row = self.do(row, request.data)
        return Response(self.kind.shown(row.pk))

    def do(self, row: Any, body: object) -> Any:
        correcting = self.verb == "correct"
        faults = Faults()
        fields = {**_REASON, **self.kind.fields} if correcting else _REASON
        values = read(body, fields, Directory(), faults, partly=True)
        if self.verb != "confirm" and not values.get("reason", "").strip():
            faults.add("text_is_missing", "reason", "Say why: it stays with what was done.")
        faults.raise_if_any()
        values.setdefault("reason", "")
        run = getattr(self.kind, self.verb)
        return run(**{self.kind.argument: row}, by=self.person, now=timezone.now(), **values)


def _row(kind: Kind, pk: int) -> Any:
    row = queries.recorded(kind.model, pk=pk).first()
    if row is None:
        raise Http404
    return row


def _wanted(kind: Kind, given: Mapping[str, Any]) -> QuerySet[Any]:
    """The rows that the address asks for. Invalid names each parameter that cannot be used."""
    faults = Faults()
    equal = {name: given[name] for name in ("state", "source", "external_id", "reference") if name in given}
    equal |= {f"{name}__code": given[name] for name in ("component",) if name in given}
    equal |= {"tiers__code": given["tier"]} if "tier" in given else {}
    if "state" in given and "known_at" in given:
        faults.add("invalid_request", "state", "is today's and has no meaning beside known_at")
    for name in ("from", "until", "known_at"):
        if name in given:
            faults.instant(name, given[name])
    faults.raise_if_any()
    return queries.recorded(
        kind.model, start=given.get("from"), end=given.get("until"), known_at=given.get("known_at"), **equal
    )
