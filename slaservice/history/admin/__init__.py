"""The base of every page in the admin, and the history itself."""

from slaservice.history.admin.entries import EntryAdmin
from slaservice.history.admin.keys import PersonKeyAdmin
from slaservice.history.admin.roles import RoleAdmin, person
from slaservice.history.admin.verbs import ReasonForm, Verb

__all__ = ["EntryAdmin", "PersonKeyAdmin", "ReasonForm", "RoleAdmin", "Verb", "person"]
