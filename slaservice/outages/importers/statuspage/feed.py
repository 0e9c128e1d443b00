"""Bytes of a Statuspage v2 feed (incidents.json, scheduled-maintenances.json) to values; every error at once.

Strict about what decides (ids, times, shape), lenient about words: an unknown status or impact is kept as it is. Fields that
we do not use are ignored and stay in the payload. What the format means is written down where it surprises:

* `display_at` is when an update happened, `created_at` when it was typed. `updated_at` means nothing: pages rewrite it in bulk.
* Components are named by `code` (in updates) or `id`; their display names change. Entries without either are placeholders.
* The component list of an incident holds *current* names and statuses, so it says nothing about the time of the incident.
* A maintenance's `started_at` is its announcement.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StringConstraints,
    ValidationError,
)

from slaservice.outages.importers.instants import Instant, parse_instant
from slaservice.rules.documents import load
from slaservice.rules.refusal import FieldError, Invalid

MOST_BYTES = 64_000_000
OVER = frozenset({"resolved", "postmortem", "completed"})


def _nothing_if_null(value: object) -> object:
    return "" if value is None else value


def _empty_if_null(value: object) -> object:
    return () if value is None else value


Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\s/]+$", strict=True)]
Word = Annotated[str, BeforeValidator(_nothing_if_null), StringConstraints(max_length=60, strict=True)]
Text = Annotated[str, BeforeValidator(_nothing_if_null), StringConstraints(strict=True)]
When = Annotated[Instant | None, PlainValidator(parse_instant)]


class _Read(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Affected(_Read):
    code: Id | None = None
    id: Id | None = None
    name: Text = ""
    old_status: Word = ""
    new_status: Word = ""


class _Update(_Read):
    id: Id
    status: Word = ""
    body: Text = ""
    created_at: When = None
    display_at: When = None
    affected_components: Annotated[tuple[_Affected, ...], BeforeValidator(_empty_if_null)] = ()


class _Component(_Read):
    id: Id | None = None
    code: Id | None = None
    name: Text = ""


Components = Annotated[tuple[_Component, ...], BeforeValidator(_empty_if_null)]


class _Incident(_Read):
    id: Id
    name: Text = ""
    status: Word = ""
    impact: Word = ""
    created_at: When = None
    started_at: When = None
    identified_at: When = None
    monitoring_at: When = None
    resolved_at: When = None
    scheduled_for: When = None
    scheduled_until: When = None
    shortlink: Text = ""
    incident_updates: Annotated[tuple[_Update, ...], BeforeValidator(_empty_if_null)] = ()
    components: Components = ()


class _Feed(_Read):
    components: Components = ()
    incidents: tuple[Annotated[dict[str, Any], Field(strict=True)], ...] = ()
    scheduled_maintenances: tuple[Annotated[dict[str, Any], Field(strict=True)], ...] = ()


@dataclass(frozen=True, slots=True)
class Transition:
    """An update said that `component` (the feed's id) went from `old` to `new`, in the feed's words."""

    component: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class FeedUpdate:
    """One update; `displayed_at` is when it happened."""

    external_id: str
    status: str
    body: str
    displayed_at: Instant
    posted_at: Instant | None
    transitions: tuple[Transition, ...]


@dataclass(frozen=True, slots=True)
class FeedIncident:
    """One incident or maintenance; `updates` oldest first, `listed` the ids of its components. Equal where its facts are.

    `payload` is the incident as received; names of components and statuses of the day do not make it another incident.
    """

    external_id: str
    title: str
    status: str
    impact: str
    started_at: Instant | None
    identified_at: Instant | None
    monitoring_at: Instant | None
    resolved_at: Instant | None
    scheduled_for: Instant | None
    scheduled_until: Instant | None
    public_url: str
    updates: tuple[FeedUpdate, ...]
    listed: tuple[str, ...]
    payload: dict[str, Any] = field(compare=False, repr=False)

    @property
    def is_over(self) -> bool:
        """Whether the feed calls it over, or says when it was resolved."""
        return self.status in OVER or self.resolved_at is not None

    def first_seen(self, status: str) -> Instant | None:
        """When an update first had this status."""
        return next((update.displayed_at for update in self.updates if update.status == status), None)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says, oldest incident first; `names` of components by their ids, `current` those that are today's."""

    incidents: tuple[FeedIncident, ...]
    names: Mapping[str, str]
    current: frozenset[str]


def parse(feed: bytes | str | Mapping[str, Any]) -> Feed:
    """The whole feed as values. Invalid with every error at once, each with its path."""
    if isinstance(feed, bytes | str):
        if len(feed) > MOST_BYTES:
            raise Invalid([FieldError("$", f"is larger than {MOST_BYTES:,} bytes")], "invalid_feed")
        feed = _loaded(feed)
    return _Reader().read(feed)


def parse_incident(payload: Mapping[str, Any]) -> FeedIncident:
    """One incident as it was received and stored. Invalid if it cannot be read."""
    reader = _Reader()
    incident = reader.incident("incident", dict(payload))
    if incident is None:
        raise Invalid(reader.errors, "invalid_feed")
    return incident


def _loaded(text: bytes | str) -> Any:
    try:
        return load(text)
    except Invalid as invalid:
        raise Invalid(invalid.errors, "invalid_feed") from None


class _Reader:
    """Collects what is wrong while it reads."""

    def __init__(self) -> None:
        self.errors: list[FieldError] = []
        self.current: dict[str, str] = {}
        self.seen: dict[str, str] = {}

    def read(self, feed: object) -> Feed:
        if not isinstance(feed, Mapping) or not {"incidents", "scheduled_maintenances"} & set(feed):
            self.errors.append(FieldError("$", "must be an object with incidents or scheduled_maintenances"))
            raise Invalid(self.errors, "invalid_feed")
        read = self._validated(_Feed, "", feed)
        found: dict[str, FeedIncident] = {}
        for kind in ("incidents", "scheduled_maintenances"):
            for number, raw in enumerate(getattr(read, kind, ())):
                self._add(found, f"{kind}[{number}]", raw)
        if self.errors or read is None:
            raise Invalid(self.errors, "invalid_feed")
        self._name(read.components)
        ordered = sorted(found.values(), key=_began)
        return Feed(tuple(ordered), {**self.seen, **self.current}, frozenset(self.current))

    def _add(self, found: dict[str, FeedIncident], path: str, raw: dict[str, Any]) -> None:
        incident = self.incident(path, raw)
        if incident is None:
            return
        if found.get(incident.external_id, incident) != incident:
            self.errors.append(
                FieldError(f"{path}.id", f"{incident.external_id} stands twice and says different things")
            )
        found[incident.external_id] = incident

    def incident(self, path: str, raw: dict[str, Any]) -> FeedIncident | None:
        self._refuse_what_cannot_be_stored(path, raw)
        read = self._validated(_Incident, path, raw)
        if read is None:
            return None
        updates = self._updates(path, read.incident_updates)
        self._name(read.components)
        return _with_derived_times(
            FeedIncident(
                read.id,
                read.name,
                read.status,
                read.impact,
                read.started_at or read.created_at,
                read.identified_at,
                read.monitoring_at,
                read.resolved_at,
                read.scheduled_for,
                read.scheduled_until,
                read.shortlink,
                updates,
                tuple(sorted({key for one in read.components if (key := one.code or one.id)})),
                raw,
            )
        )

    def _updates(self, path: str, read: Sequence[_Update]) -> tuple[FeedUpdate, ...]:
        updates: dict[str, FeedUpdate] = {}
        for number, update in reversed(list(enumerate(read))):
            here = f"{path}.incident_updates[{number}]"
            displayed_at = update.display_at or update.created_at
            if displayed_at is None:
                self.errors.append(FieldError(f"{here}.display_at", "is required: when did this happen?"))
                continue
            if update.id in updates:
                self.errors.append(FieldError(f"{here}.id", f"{update.id} stands twice in one incident"))
            self.seen.update(
                {key: one.name for one in update.affected_components if (key := one.code or one.id)}
            )
            updates[update.id] = FeedUpdate(
                update.id, update.status, update.body, displayed_at, update.created_at, _transitions(update)
            )
        # Feeds list the newest first, so what they say happened at one instant stays in the order of typing.
        return tuple(sorted(updates.values(), key=lambda update: update.displayed_at))

    def _name(self, components: Sequence[_Component]) -> None:
        named = {key: one.name for one in components if (key := one.code or one.id)}
        self.seen = named | self.seen
        self.current.update({key: name for key, name in named.items() if name})

    def _validated(self, model: type[Any], path: str, raw: object) -> Any:
        try:
            return model.model_validate(raw)
        except ValidationError as problem:
            self.errors += [_field_error(path, dict(error)) for error in problem.errors(include_url=False)]
            return None

    def _refuse_what_cannot_be_stored(self, path: str, value: object) -> None:
        if isinstance(value, Mapping):
            for name, inner in value.items():
                self._refuse_what_cannot_be_stored(path, name)
                self._refuse_what_cannot_be_stored(f"{path}.{name}", inner)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                self._refuse_what_cannot_be_stored(f"{path}[{number}]", inner)
        elif isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
            self.errors.append(FieldError(path, "holds a character that cannot be stored"))
        elif isinstance(value, float) and not math.isfinite(value):
            self.errors.append(FieldError(path, "is not a finite number"))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _transitions(update: _Update) -> tuple[Transition, ...]:
    return tuple(
        Transition(key, one.old_status, one.new_status)
        for one in update.affected_components
        if (key := one.code or one.id)
    )


def _with_derived_times(incident: FeedIncident) -> FeedIncident:
    """Times that the feed leaves out, from its updates: some pages publish none of them."""
    return replace(
        incident,
        identified_at=incident.identified_at or incident.first_seen("identified"),
        monitoring_at=incident.monitoring_at or incident.first_seen("monitoring"),
        resolved_at=incident.resolved_at
        or (incident.first_seen("resolved") if incident.status in OVER else None),
    )


def _began(incident: FeedIncident) -> tuple[bool, str, str]:
    first = incident.started_at.floor.isoformat() if incident.started_at else ""
    return bool(first), first, incident.external_id


def _field_error(path: str, error: Mapping[str, Any]) -> FieldError:
    for step in error["loc"]:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    reason = "is required" if error["type"] == "missing" else str(error["msg"]).removeprefix("Value error, ")
    return FieldError(path.removeprefix("."), reason)
