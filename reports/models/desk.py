"""Pages of the desk that need a place in the admin: the confirmation desk, and the month at a glance."""

from reports.models.statements import Statement
from slaservice.outages.models import OutageWindow


class ProposedWindow(OutageWindow):
    """An outage window under another name, so that the desk stands in the admin's index. Nothing is stored as one."""

    class Meta:
        proxy = True
        verbose_name = "proposed window"
        verbose_name_plural = "confirmation desk"


class MonthAtAGlance(Statement):
    """Statements under another name, so that the month at a glance stands in the admin's index. Nothing is stored as one."""

    class Meta:
        proxy = True
        verbose_name = "month at a glance"
        verbose_name_plural = "month at a glance"
