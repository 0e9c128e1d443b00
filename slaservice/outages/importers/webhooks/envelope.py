"""What must be known of a message before it is kept: that it is JSON, and what makes it the same message again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from slaservice.outages.importers.statuspage.statuses import storable
from slaservice.outages.models.hooks import PAGERDUTY
from slaservice.rules.documents import load
from slaservice.rules.refusal import FieldError, Invalid

LONGEST = 200


@dataclass(frozen=True, slots=True)
class Envelope:
    """`key` names the message ("": its bytes do), `subject` what it must be read together with ("": nothing)."""

    content: Mapping[str, Any]
    key: str = ""
    subject: str = ""


def opened(kind: str, body: bytes) -> Envelope:
    """A message as JSON: an object in UTF-8, no name twice, at most 32 deep. Invalid `invalid_json`.

    Nothing else is asked of it: what is in it is for the reader, later, so that no word we do not know loses a message.
    """
    try:
        content = load(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Invalid([FieldError("", "is not UTF-8")], "invalid_json") from None
    except Invalid as invalid:
        raise Invalid(invalid.errors, "invalid_json") from None
    if not isinstance(content, Mapping):
        raise Invalid([FieldError("", "must be an object")], "invalid_json")
    if kind != PAGERDUTY:
        return Envelope(content)
    event = content.get("event")
    data = event.get("data") if isinstance(event, Mapping) else None
    return Envelope(content, _id_of(event), _id_of(data))


def _id_of(thing: object) -> str:
    """The id, if it has one that can be kept."""
    found = thing.get("id") if isinstance(thing, Mapping) else None
    return storable(found) if isinstance(found, str) and len(found) <= LONGEST else ""
