"""Reading the history of one object."""

from django.db.models import Model, QuerySet

from slaservice.history.models import Entry


def history_of(obj: Model) -> QuerySet[Entry]:
    """The entries of one row, newest first, with their actors."""
    return Entry.objects.filter(object_type=obj._meta.label_lower, object_id=str(obj.pk)).select_related(
        "actor"
    )
