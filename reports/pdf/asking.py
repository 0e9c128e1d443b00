"""How the customer gets what is due, by when, and whom to ask or to contradict: a few sentences."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from reports.pdf import total
from reports.pdf.attached import DOCUMENT, OUTAGES
from reports.pdf.clock import Clock
from reports.pdf.facts import Document, Facts
from reports.pdf.text import printable


def credit_words(document: Document, cases: Sequence[Facts], *, number: str) -> str:
    """How the credit is claimed that the summary ends with, or that it needs no claim; empty where none is due, or not yet."""
    identity = document["identity"]
    if cases[0].provisional or total.due(document) <= 0:
        return ""
    claim = identity.get("claim")
    if not claim and not identity.get("decision"):
        return ""  # a draft: nobody has said yet whether it is to be claimed
    if not claim:
        return _("It needs no further claim and is set off against a coming bill.")
    values = {
        "contact": printable(identity["vendor"]["contact"], 120),
        "number": number,
        "contract": printable(identity["contract"]["number"], 60),
        "until": _last_moment(claim["until"], cases[0].whole) if claim["until"] else "",
    }
    if not claim["until"]:
        return (
            _(
                "The claim goes to %(contact)s, or through the vendor’s interface for programs, and names statement %(number)s "
                "and contract %(contract)s."
            )
            % values
        )
    return (
        _(
            "The claim is to be made by %(until)s; it goes to %(contact)s, or through the vendor’s interface for programs, and "
            "names statement %(number)s and contract %(contract)s."
        )
        % values
    )


def objection_words(document: Document, *, number: str) -> str:
    """Whom to ask, and to contradict."""
    values = {"contact": printable(document["identity"]["vendor"]["contact"], 120), "number": number}
    return _("Questions and objections go to %(contact)s and name statement %(number)s.") % values


def annex_words() -> str:
    """What the file carries beside its pages."""
    return _("in this file: the statement’s document (%(document)s), its outages (%(outages)s)") % {
        "document": DOCUMENT,
        "outages": OUTAGES,
    }


def _last_moment(until: str, clock: Clock) -> str:
    """'the end of 29 June 2026 (Europe/Berlin)' for the first instant that is too late, if that is a midnight."""
    at = datetime.fromisoformat(until)
    local = at.astimezone(clock.zone)
    if (local.hour, local.minute, local.second, local.microsecond) != (0, 0, 0, 0):
        return _("%(time)s (%(zone)s)") % {"time": clock.stamp(at), "zone": clock.zone.key}
    day = clock.date(at - timedelta(microseconds=1))
    return _("the end of %(day)s (%(zone)s)") % {"day": day, "zone": clock.zone.key}
