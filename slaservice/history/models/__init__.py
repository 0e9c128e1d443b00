"""Who did what to which object, when and why."""

from slaservice.history.models.entries import Entry

__all__ = ["Entry"]
