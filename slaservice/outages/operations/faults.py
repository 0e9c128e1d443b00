"""Faults are collected, not raised one by one: whoever records something is told everything that is wrong with it."""

import re
from datetime import datetime

from slaservice.outages.models.constraints import FIRST_INSTANT, LAST_INSTANT
from slaservice.rules.refusal import FieldError, Invalid

BY_HAND = "operator"
"""The source of what people record themselves; no feed and no monitor has this name."""

_SLUG = re.compile(r"[a-z0-9]+(?:[_-][a-z0-9]+)*")
_NOT_TEXT = re.compile("[\x00\ud800-\udfff]")


def is_web_address(text: str) -> bool:
    """Whether a text may be shown as a link: http or https, no white space."""
    return re.fullmatch(r"https?://[^\s<>\"']+", text) is not None


class Faults:
    """The faults of one entry, each with its field's path; `code` of the first one names the whole refusal."""

    def __init__(self, prefix: str = "") -> None:
        self.prefix = prefix
        self.code = ""
        self.errors: list[FieldError] = []

    def add(self, code: str, path: str, reason: str) -> None:
        self.code = self.code or code
        self.errors.append(FieldError(self.prefix + path, reason))

    def raise_if_any(self) -> None:
        """Invalid with all of them."""
        if self.errors:
            raise Invalid(self.errors, self.code)

    def instant(self, path: str, value: datetime | None) -> bool:
        """Whether this is an aware instant of this century, or null; a fault if not."""
        if value is None:
            return True
        if value.tzinfo is None:
            self.add("instant_without_a_zone", path, "A time without a zone names no instant.")
            return False
        if not FIRST_INSTANT <= value < LAST_INSTANT:
            self.add("instant_outside_the_century", path, "The time must lie between 2000 and 2100.")
            return False
        return True

    def text(self, path: str, value: str, *, longest: int, blank: bool = True) -> None:
        if not value.strip() and not blank:
            self.add("text_is_missing", path, "This must not be empty.")
        if len(value) > longest:
            self.add(
                "text_is_too_long",
                path,
                f"This must have at most {longest} characters, and has {len(value)}.",
            )
        if _NOT_TEXT.search(value):
            self.add("text_is_not_text", path, "This holds a character that cannot be stored.")

    def slug(self, path: str, value: str, *, code: str, longest: int = 60) -> None:
        if not _SLUG.fullmatch(value) or len(value) > longest:
            self.add(
                code,
                path,
                f"Use small letters, digits, - and _, at most {longest} of them, such as partial_outage.",
            )

    def source(self, path: str, value: str) -> None:
        """The name of a feed or a monitor."""
        self.slug(path, value, code=f"{path}_is_not_a_slug")
        if value == BY_HAND:
            self.add(
                "source_is_of_people", path, f"{BY_HAND!r} is what people record by hand: choose another."
            )

    def link(self, path: str, value: str) -> None:
        self.text(path, value, longest=500)
        if value and not is_web_address(value):
            self.add("link_is_not_a_web_address", path, "A link must start with https:// or http://.")
