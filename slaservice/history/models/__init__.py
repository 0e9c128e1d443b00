"""Who did what to which object, when and why; with which key; and what a program was answered."""

from slaservice.history.models.answers import Answer
from slaservice.history.models.entries import Entry
from slaservice.history.models.keys import Key, PersonKey

__all__ = ["Answer", "Entry", "Key", "PersonKey"]
