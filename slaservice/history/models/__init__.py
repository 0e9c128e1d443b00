"""Who did what to which object, when and why, sealed; with which key; and what a program was answered."""

from slaservice.history.models.answers import Answer
from slaservice.history.models.entries import Entry
from slaservice.history.models.keys import Key, PersonKey
from slaservice.history.models.seals import Seal, SealLock

__all__ = ["Answer", "Entry", "Key", "PersonKey", "Seal", "SealLock"]
