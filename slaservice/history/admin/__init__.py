"""The base of every page in the admin, and the history itself."""

from slaservice.history.admin.entries import EntryAdmin
from slaservice.history.admin.roles import RoleAdmin, person
from slaservice.history.admin.verbs import ReasonForm, Verb

__all__ = ["EntryAdmin", "ReasonForm", "RoleAdmin", "Verb", "person"]
