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
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainValidator,
    StringConstraints,
    ValidationError,
)

from slaservice.outages.importers.instants import Instant, parse_instant
from slaservice.outages.importers.statuspage.pieces import Piece, framed
from slaservice.outages.importers.statuspage.values import OVER, FeedIncident, FeedUpdate, Transition
from slaservice.rules.refusal import FieldError, Invalid

MOST_BYTES = 64_000_000
_MOST_NAMED = 3
_LISTS = ("incidents", "scheduled_maintenances")


def _nothing_if_null(value: object) -> object:
    return "" if value is None else value


def _empty_if_null(value: object) -> object:
    return () if value is None else value


Id = Annotated[
    str, StringConstraints(min_length=1, max_length=80, pattern=r"^[^\s/\x00-\x1f]+$", strict=True)
]
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
    incidents: tuple[Any, ...] = ()
    scheduled_maintenances: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed says, oldest incident first; `names` of components by their ids, `current` those that are today's.

    `malformed` has a sentence for each incident that was set aside because it cannot be read.
    """

    incidents: Sequence[FeedIncident]
    names: Mapping[str, str]
    current: frozenset[str]
    malformed: tuple[str, ...] = ()


class _OneByOne(Sequence[FeedIncident]):
    """Incidents that were found to be in order, as text: each is a value only while somebody has it."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces

    def __len__(self) -> int:
        return len(self.pieces)

    def __getitem__(self, at: Any) -> Any:
        found = self.pieces[at]
        return _read_again(found) if isinstance(found, Piece) else tuple(map(_read_again, found))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def _read_again(piece: Piece) -> FeedIncident:
    return parse_incident(piece.read())


def parse(feed: bytes | str | Mapping[str, Any]) -> Feed:
    """The whole feed, read once to tell every error at once, each with its path. Invalid with all of them.

    The incidents of a text stay text until they are asked for, so that a history of years needs little memory.
    """
    if isinstance(feed, bytes | str):
        if len(feed) > MOST_BYTES:
            raise Invalid([FieldError("$", f"is larger than {MOST_BYTES:,} bytes")], "invalid_feed")
        feed = _loaded(feed)
    return _Reader().read(feed)


def parse_what_can_be_read(feed: Mapping[str, Any]) -> Feed:
    """The feed without the incidents that cannot be read, which are named. Invalid if it is no feed at all."""
    return _Reader(tolerant=True).read(feed)


def parse_incident(payload: Mapping[str, Any]) -> FeedIncident:
    """One incident as it was received and stored. Invalid if it cannot be read."""
    reader = _Reader()
    incident = reader.incident("incident", dict(payload))
    if incident is None:
        raise Invalid(reader.errors, "invalid_feed")
    return incident


def _loaded(text: bytes | str) -> Any:
    try:
        return framed(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"), _LISTS)
    except Invalid as invalid:
        raise Invalid(invalid.errors, "invalid_feed") from None


class _Reader:
    """Collects what is wrong while it reads; a tolerant one sets aside the incidents in which something is."""

    def __init__(self, *, tolerant: bool = False) -> None:
        self.tolerant = tolerant
        self.malformed: list[str] = []
        self.errors: list[FieldError] = []
        self.current: dict[str, str] = {}
        self.seen: dict[str, str] = {}

    def read(self, feed: object) -> Feed:
        if not isinstance(feed, Mapping) or not set(_LISTS) & set(feed):
            self.errors.append(FieldError("$", "must be an object with incidents or scheduled_maintenances"))
            raise Invalid(self.errors, "invalid_feed")
        if self.tolerant:
            feed = {name: value for name, value in feed.items() if name != "components"}
        read = self._validated(_Feed, "", feed)
        found: dict[str, _Found] = {}
        for kind in _LISTS:
            for number, raw in enumerate(getattr(read, kind, ())):
                before = len(self.errors)
                self._add(found, f"{kind}[{number}]", raw)
                if self.tolerant:
                    self._set_aside(raw, before)
        if self.errors or read is None:
            raise Invalid(self.errors, "invalid_feed")
        self._name(read.components)
        ordered = [one.place for one in sorted(found.values(), key=lambda one: one.began)]
        as_text = [place for place in ordered if isinstance(place, Piece)]
        incidents = _OneByOne(as_text) if as_text else tuple(ordered)
        names = {**self.seen, **self.current}
        return Feed(incidents, names, frozenset(self.current), tuple(self.malformed))  # type: ignore[arg-type]

    def _add(self, found: dict[str, "_Found"], path: str, raw: Any) -> None:
        before = len(self.errors)
        try:
            incident = self.incident(path, raw.read() if isinstance(raw, Piece) else raw)
        except Invalid as invalid:
            self.errors += [
                FieldError(f"{path}.{error.path}".removesuffix(".$"), error.reason)
                for error in invalid.errors
            ]
            return
        if incident is None:
            return
        twin = found.get(incident.external_id)
        if twin is not None and twin.incident() != incident:
            self.errors.append(
                FieldError(f"{path}.id", f"{incident.external_id} stands twice and says different things")
            )
        if len(self.errors) == before:
            place = raw if isinstance(raw, Piece) else incident
            found[incident.external_id] = _Found(_began(incident), place)

    def _set_aside(self, raw: Any, before: int) -> None:
        """Names an incident in which something was wrong, and goes on without it."""
        wrong = self.errors[before:]
        del self.errors[before:]
        if wrong:
            name = raw.get("id") if isinstance(raw, Mapping) else None
            first = "; ".join(map(str, wrong[:_MOST_NAMED]))
            self.malformed.append(f"{str(name)[:80]!r} cannot be read and was left out: {first}"[:1000])

    def incident(self, path: str, raw: Any) -> FeedIncident | None:
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


@dataclass(frozen=True, slots=True)
class _Found:
    """An incident that is in order: when it began, and itself or where it stands."""

    began: tuple[bool, str, str]
    place: FeedIncident | Piece

    def incident(self) -> FeedIncident:
        return _read_again(self.place) if isinstance(self.place, Piece) else self.place


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
