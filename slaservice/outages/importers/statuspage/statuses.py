"""What a page says its components are at: kept whenever it changes, because incidents do not tell all of it.

Pages reset a component without a word in the incident that set it. Only the page's own list shows that.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from unicodedata import category

from django.db.models import OuterRef, QuerySet, Subquery
from pydantic import AfterValidator, ValidationError

from slaservice.outages.importers.instants import Instant
from slaservice.outages.importers.statuspage.feed import Id, Text, When, Word, _Read
from slaservice.outages.models import CONFIRMED, PROPOSED, ComponentStatus, OutageWindow
from slaservice.rules.refusal import FieldError, Invalid

OPERATIONAL = "operational"
MOST_COMPONENTS = 2_000


def _without_control_characters(key: str) -> str:
    """PostgreSQL keeps no NUL and no half of a pair, and nobody could read the others."""
    if any(category(one) in ("Cc", "Cs") for one in key):
        raise ValueError("holds a control character")
    return key


_Key = Annotated[Id, AfterValidator(_without_control_characters)]


class _Listed(_Read):
    id: _Key
    name: Text = ""
    status: Word = ""


class _Changed(_Read):
    id: _Key
    component_id: _Key
    new_status: Word = ""
    created_at: When = None


def record_summary(*, content: Any, source: str, now: datetime) -> list[str]:
    """Records what differs from what was last seen; returns a sentence for each component that cannot be read."""
    if not isinstance(content, Mapping) or not isinstance(content.get("components"), list):
        raise Invalid([FieldError("components", "must be a list")], "invalid_summary")
    if len(content["components"]) > MOST_COMPONENTS:
        reason = f"has more than {MOST_COMPONENTS:,} entries"
        raise Invalid([FieldError("components", reason)], "invalid_summary")
    last = {one.external_id: one.status for one in last_statuses(source)}
    questions, rows = [], {}
    for number, raw in enumerate(content["components"]):
        try:
            listed = _Listed.model_validate(raw)
        except ValidationError:
            questions.append(f"components[{number}] of the summary{_named(raw)} cannot be read.")
            continue
        if listed.status and listed.status != last.get(listed.id):
            rows[listed.id] = ComponentStatus(
                source=source,
                external_id=listed.id,
                name=storable(listed.name)[:200],
                status=storable(listed.status),
                at=now,
                seen_at=now,
                seen_in=ComponentStatus.SUMMARY,
            )
    ComponentStatus.objects.bulk_create(rows.values())
    return questions


def _named(raw: Any) -> str:
    """The id by which the page calls it, if it has one, readable whatever is in it."""
    key = raw.get("id") if isinstance(raw, Mapping) else None
    return f", {key[:80]!a}," if isinstance(key, str) else ""


def record_change(*, content: Mapping[str, Any], source: str, now: datetime) -> bool:
    """Records one change that the page posted to us, once; whether there was one to record."""
    component = content.get("component")
    name = component.get("name") if isinstance(component, Mapping) else ""
    try:
        changed = _Changed.model_validate(content.get("component_update"))
    except ValidationError:
        return False
    if not changed.new_status:
        return False
    at = changed.created_at.floor if isinstance(changed.created_at, Instant) else now
    row = ComponentStatus(
        source=source,
        external_id=changed.component_id,
        name=storable(name if isinstance(name, str) else "")[:200],
        status=storable(changed.new_status),
        at=at,
        seen_at=now,
        seen_in=ComponentStatus.PUSHED,
        event_id=changed.id,
    )
    ComponentStatus.objects.bulk_create([row], ignore_conflicts=True)
    return True


def last_statuses(source: str) -> QuerySet[ComponentStatus]:
    """What each component of a page was last said to be at."""
    same = ComponentStatus.objects.filter(source=source, external_id=OuterRef("external_id"))
    newest = same.order_by("-at", "-id").values("pk")[:1]
    return ComponentStatus.objects.filter(source=source, pk=Subquery(newest))


def silent_resets(source: str) -> list[str]:
    """A question for each window that is still open although the page reads operational since."""
    last = {one.external_id: one for one in last_statuses(source)}
    still_open = OutageWindow.objects.filter(source=source, end__isnull=True, state__in=(PROPOSED, CONFIRMED))
    questions = []
    for window in still_open.order_by("start", "pk"):
        seen = last.get(window.external_id.split("/")[1]) if window.external_id.count("/") > 1 else None
        if seen and seen.status == OPERATIONAL and seen.at >= window.start:
            questions.append(
                f"{window.reference} is still open, but the page reads operational for it since "
                f"{seen.at:%Y-%m-%d %H:%M:%S} UTC at the latest. Was it reset without a word?"
            )
    return questions


def storable(text: str) -> str:
    """The text without what PostgreSQL cannot hold."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode("utf-8")
