"""Reading the history of one object, and how far history is sealed."""

from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Model, Q, QuerySet

from slaservice.history.models import Entry, Seal


def history_of(obj: Model) -> QuerySet[Entry]:
    """The entries of one row, newest first, with their actors."""
    return Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).select_related(
        "actor"
    )


def histories_of(rows: Iterable[Model]) -> dict[tuple[str, str], list[Entry]]:
    """What was done to each of these rows, oldest first, by (type, id) of the object. One query, however many rows."""
    ids: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        ids[row._meta.label_lower].add(str(row.pk))
    condition = Q(pk__in=())
    for kind, found in ids.items():
        condition |= Q(object_type=kind, object_id__in=found)
    entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
    for entry in Entry.objects.filter(condition).select_related("actor").order_by("at", "pk"):
        entries[entry.object_type, entry.object_id].append(entry)
    return entries


def latest_seal() -> Seal | None:
    """The end of the chain; None before anything was sealed. One look at the end of an index."""
    return Seal.objects.order_by("-seq").first()
