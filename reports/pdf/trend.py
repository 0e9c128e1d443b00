"""The periods before this one, beside it: what uptime each came to, and whether it met what was promised then.

Of earlier periods what their issued statements say, as frozen with this one (`identity.trend`); of this one its own result.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from reports.pdf import charts, figures
from reports.pdf.clock import month_name
from reports.pdf.facts import Document, Facts
from reports.pdf.text import printable
from slaservice.rules.evidence import parse_instant
from slaservice.rules.exact import fixed, rounded
from slaservice.rules.intervals import moment

MET, MISSED, OPEN, NONE = "met", "missed", "open", "none"
"""How a period ended: as promised or not; `open`: nothing was promised; `none`: no statement of it is issued."""


@dataclass(frozen=True, slots=True)
class Point:
    """A commitment in one period: its uptime and the target of then, in percent, and as they are shown."""

    label: str
    kind: str
    value: str
    uptime: Fraction | None = None
    target: Fraction | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A commitment over all periods."""

    name: str
    points: list[Point]


@dataclass(frozen=True, slots=True)
class Trend:
    """One commitment is drawn, several are a table; `caption` says what is seen, and how many were met."""

    caption: str
    labels: list[str]
    rows: list[Row]
    drawing: SafeString | None


def trend_of(document: Document, cases: Sequence[Facts]) -> Trend | None:
    """None where this is the first period, and for a statement that was issued without."""
    earlier = document["identity"].get("trend") or []
    names = list(dict.fromkeys(_name(case) for case in cases))
    if not earlier:
        return None
    zone, whole = cases[0].clock.zone, cases[0].whole
    spans = [(parse_instant(one["start"]), parse_instant(one["end"])) for one in earlier]
    spans.append((whole.start, whole.end))
    local = [(moment(start).astimezone(zone), moment(end - 1).astimezone(zone)) for start, end in spans]
    labels = [
        _label(first, last, local[index - 1][0] if index else None)
        for index, (first, last) in enumerate(local)
    ]
    rows = [
        Row(
            printable(name, 80),
            [
                *(_earlier(one, name, labels[index], cases) for index, one in enumerate(earlier)),
                _present([case for case in cases if _name(case) == name], labels[-1]),
            ],
        )
        for name in names
    ]
    drawing = None
    if len(rows) == 1:
        drawing = charts.trend(rows[0].points, _title(rows[0]))
    return Trend(_caption(rows), labels, rows, drawing)


def _name(case: Facts) -> str:
    return str(case.case.get("title") or case.case["id"])


def _label(first: datetime, last: datetime, before: datetime | None) -> str:
    """'Apr', 'Feb–Apr'; with the year where it is another than that of the period before."""
    months = month_name(first.date())
    if (first + timedelta(days=31)).replace(day=1) <= last:
        months += f"–{month_name(last.date())}"
    return months if before and before.year == first.year else f"{months} {first.year}"


def _earlier(one: Mapping[str, object], name: str, label: str, cases: Sequence[Facts]) -> Point:
    commitments = one["commitments"]
    assert isinstance(commitments, list)
    found = next((said for said in commitments if said["name"] == name), None)
    if found is None:
        return Point(label, NONE, "–")
    if found["uptime_percent"] is None:
        return Point(label, OPEN, _("N/A"))
    uptime, target = Fraction(found["uptime_percent"]), Fraction(found["commitment_percent"])
    places = max(case.places for case in cases if _name(case) == name)
    return Point(label, MET if found["met"] else MISSED, _shown(uptime, places), uptime, target)


def _present(parts: Sequence[Facts], label: str) -> Point:
    """Of a period that the contract was changed in: met if every part was, the lowest uptime."""
    applicable = [case for case in parts if case.applicable]
    if not applicable:
        return Point(label, OPEN, _("N/A"))
    lowest = min(applicable, key=lambda case: case.uptime - case.target)
    kind = MET if all(case.met for case in applicable) else MISSED
    shown = _shown(lowest.uptime, lowest.places)
    return Point(label, kind, shown, lowest.uptime, lowest.target, provisional=lowest.provisional)


def _shown(uptime: Fraction, places: int) -> str:
    return figures.grouped(fixed(rounded(uptime, places, "floor"), places))


def _caption(rows: Sequence[Row]) -> str:
    points = [point for row in rows for point in row.points]
    met, missed = (sum(point.kind == kind for point in points) for kind in (MET, MISSED))
    counts = {"met": met, "missed": missed}
    if len(rows) == 1:
        caption = (
            _("Uptime by period, in percent, against the target (dashed): %(met)s met, %(missed)s missed")
            % counts
        )
    else:
        caption = (
            _("Uptime of each commitment by period, in percent: %(met)s met, %(missed)s missed") % counts
        )
    notes = []
    if any(point.kind == NONE for point in points):
        notes.append(_("–: no figure was issued"))
    if any(point.provisional for point in points):
        notes.append(_("the last period has not ended"))
    return "; ".join([caption, *notes])


def _title(row: Row) -> str:
    """What the drawing shows, for who does not see it."""
    words = {MET: _("met"), MISSED: _("missed"), OPEN: "", NONE: _("no statement")}
    said = [" ".join(filter(None, (one.label, one.value, words[one.kind]))) for one in row.points]
    return _("Uptime by period, in percent: %(periods)s") % {"periods": ", ".join(said)}
