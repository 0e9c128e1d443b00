"""The confirmation desk's place in the admin: what waits for a decision, seen from where contracts and money are known."""

from slaservice.outages.models import OutageWindow


class ProposedWindow(OutageWindow):
    """An outage window under another name, so that the desk stands in the admin's index. Nothing is stored as one."""

    class Meta:
        proxy = True
        verbose_name = "proposed window"
        verbose_name_plural = "confirmation desk"
