"""A confirmed, withdrawn or superseded fact keeps what it says; only its end of life may still be written, once."""

from django.db import migrations

from slaservice.history.database import FrozenWhen, FrozenWith

_END_OF_LIFE = ("state", "closed_at", "closed_by_id", "close_reason")
_CLOSED = "OLD.state IN ('withdrawn', 'superseded')"
_DECIDED = "OLD.state <> 'proposed'"
_FACTS = "a fact that is no longer proposed is never changed or deleted; a correction is a new revision"
_TIERS = "the tiers of a fact that is no longer proposed never change; a correction is a new revision"


class Migration(migrations.Migration):
    dependencies = [("outages", "0001_facts"), ("history", "0002_guards_and_roles")]

    operations = [
        FrozenWhen("outages_outagewindow", _DECIDED, _END_OF_LIFE, reason=_FACTS),
        FrozenWhen(
            "outages_outagewindow", _CLOSED, name="closed", reason="what was withdrawn or superseded stays so"
        ),
        FrozenWith(
            "outages_outagewindowtier",
            "outages_outagewindow",
            "window_id",
            "parent.state <> 'proposed'",
            reason=_TIERS,
        ),
        FrozenWhen("outages_maintenance", _DECIDED, _END_OF_LIFE, reason=_FACTS),
        FrozenWhen(
            "outages_maintenance", _CLOSED, name="closed", reason="what was withdrawn or superseded stays so"
        ),
        FrozenWith(
            "outages_maintenancetier",
            "outages_maintenance",
            "maintenance_id",
            "parent.state <> 'proposed'",
            reason=_TIERS,
        ),
    ]
